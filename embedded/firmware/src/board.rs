//! QEMU's mps2-an386: a clock that counts instructions, a console, and how much memory there is in use. No part of the network.

use cortex_m_semihosting::{debug, hio};

/// CMSDK timer 0. With `-icount shift=0` an instruction is a nanosecond, and it counts at 25 MHz.
pub struct Clock;

const CONTROL: *mut u32 = 0x4000_0000 as *mut u32;
const VALUE: *mut u32 = 0x4000_0004 as *mut u32;
const RELOAD: *mut u32 = 0x4000_0008 as *mut u32;
const INSTRUCTIONS_PER_TICK: usize = 40;

impl Clock {
    pub fn start() -> Self {
        // SAFETY: registers of a timer that nobody else uses.
        unsafe {
            RELOAD.write_volatile(u32::MAX);
            VALUE.write_volatile(u32::MAX);
            CONTROL.write_volatile(1);
        }
        Self
    }

    /// Since the start, to 40.
    pub fn instructions(&self) -> usize {
        // SAFETY: as above.
        let left = unsafe { VALUE.read_volatile() };
        (u32::MAX - left) as usize * INSTRUCTIONS_PER_TICK
    }
}

/// Prints on the host; without `core::fmt`, which would be larger than the network's code.
pub struct Console(hio::HostStream);

impl Console {
    pub fn open() -> Option<Self> {
        hio::hstdout().ok().map(Self)
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.write(text.as_bytes())
    }

    /// ` 0000001234`
    pub fn number(&mut self, number: usize) -> &mut Self {
        let (mut digits, mut rest) = ([b' '; 11], number);
        for digit in digits[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.write(&digits)
    }

    /// ` 3f800000`
    pub fn bits(&mut self, bits: u32) -> &mut Self {
        let mut digits = [b' '; 9];
        for (i, digit) in digits[1..].iter_mut().enumerate() {
            let nibble = (bits >> (28 - 4 * i) & 15) as u8;
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
        self.write(&digits)
    }

    fn write(&mut self, bytes: &[u8]) -> &mut Self {
        // There is nobody to tell when it fails.
        let _ = self.0.write_all(bytes);
        self
    }
}

/// Ends QEMU.
pub fn exit(success: bool) -> ! {
    debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {}
}

/// The proof that there is no panic: no one defines what this calls, so a firmware in which it could be reached does not link.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_panic_can_be_reached() -> !;
    }
    // SAFETY: never called.
    unsafe { a_panic_can_be_reached() }
}

// Where the sections lie: cortex-m-rt's linker script.
unsafe extern "C" {
    static __sidata: u32;
    static __sdata: u32;
    static __edata: u32;
    static __ebss: u32;
    static _stack_start: u32;
}

fn address(symbol: *const u32) -> usize {
    symbol as usize
}

/// Bytes of flash: vectors, code, constants, and the first values of what changes.
pub fn flash() -> usize {
    let (end, data) = (address(&raw const __sidata), address(&raw const __edata) - address(&raw const __sdata));
    end + data
}

/// Bytes of `static`s in RAM.
pub fn static_ram() -> usize {
    address(&raw const __ebss) - address(&raw const __sdata)
}

const PAINT: u32 = 0xDEAD_BEEF;

/// Marks the stack that is not in use yet.
pub fn paint_stack() {
    let mut at = address(&raw const __ebss);
    let top = cortex_m::register::msp::read() as usize - 256;
    while at < top {
        // SAFETY: between the statics and the stack of this function nothing lies.
        unsafe { (at as *mut u32).write_volatile(PAINT) };
        at += 4;
    }
}

/// Bytes of stack that were in use at most.
pub fn stack() -> usize {
    let mut at = address(&raw const __ebss);
    // SAFETY: addresses of RAM.
    while unsafe { (at as *const u32).read_volatile() } == PAINT {
        at += 4;
    }
    address(&raw const _stack_start) - at
}
