//! Whatever is written, lowering ends and says something: mutated corpus text, parsed, lowered and emitted.

mod lower_common;

use fireclay_compiler::lower::lower;
use fireclay_compiler::report::Report;
use fireclay_compiler::syntax;
use lower_common::Dice;
use std::time::{Duration, Instant};

const MODELS: &str = include_str!("corpus/models.fireclay");
const NORTH_STAR: &str = include_str!("corpus/north-star.fireclay");

/// Words, numbers and single signs; comments left out.
fn tokens(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let mut word = String::new();
        for c in line.chars() {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                all.push(std::mem::take(&mut word));
            }
            if !c.is_whitespace() {
                all.push(c.to_string());
            }
        }
        if !word.is_empty() {
            all.push(word);
        }
    }
    all
}

/// The declarations of the corpus, each with what it needs around it.
fn seeds() -> Vec<Vec<String>> {
    let mut seeds = Vec::new();
    for text in [MODELS, NORTH_STAR] {
        for section in text.split("\n//# ").skip(1) {
            let body = section.split_once('\n').map_or("", |(_, body)| body);
            let mut item = String::new();
            for line in body.lines() {
                if line.starts_with("pub ") && !item.is_empty() {
                    seeds.push(tokens(&item));
                    item.clear();
                }
                item += line;
                item.push('\n');
            }
            seeds.push(tokens(&item));
        }
    }
    seeds.retain(|seed| !seed.is_empty());
    seeds
}

fn write(tokens: &[String]) -> String {
    let mut text = String::new();
    for (i, token) in tokens.iter().enumerate() {
        // Signs that belong together stay together: `->`, `..`, `==`.
        let glue = token.len() == 1 && "-=<>.!&|:#".contains(token.as_str());
        let next = tokens.get(i + 1).is_some_and(|t| t.len() == 1 && "->=.<&|:".contains(t.as_str()));
        text += token;
        if !(glue && next) {
            text.push(' ');
        }
    }
    text
}

#[test]
fn mutated_declarations_end_without_a_panic() {
    const DICE: [u64; 4] = [0x5EED_1234_ABCD_0042, 0x1CEB_00DA_5EED_0001, 0xD1CE_D1CE_0000_0017, 0x00C0_FFEE_0BAD_CAFE];
    let start = Instant::now();
    let counts = std::thread::scope(|scope| {
        DICE.map(|dice| scope.spawn(move || mutated(Dice(dice), 1500))).map(|thread| thread.join().expect("no panic"))
    });
    let [parsed, lowered, emitted] = [0, 1, 2].map(|i| counts.iter().map(|count| count[i]).sum::<usize>());
    assert!(
        parsed > 1000 && lowered > 100 && emitted > 100,
        "{parsed} parsed, {lowered} lowered: the mutations are too wild to test much"
    );
    println!("{parsed} parsed, {lowered} lowered, {:?}", start.elapsed());
}

/// How many of so many mutations were parsed, lowered and emitted.
fn mutated(mut dice: Dice, mutations: usize) -> [usize; 3] {
    const STRANGE: [&str; 24] = [
        "0",
        "-",
        "1000000007",
        "99999999999999999999",
        "1.5",
        "true",
        "x",
        "conv1",
        "Conv",
        "Stage",
        "net",
        "if",
        "let",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "_",
        "same",
        "In",
        "CHANNELS",
        "axis",
    ];
    let seeds = seeds();
    let (mut parsed, mut lowered, mut emitted) = (0, 0, 0);
    for _ in 0..mutations {
        let mut text = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(text.len());
            let other = dice.roll(text.len());
            match dice.roll(16) {
                0 => drop(text.remove(at)),
                1 => text.swap(at, other),
                2 => text[at] = STRANGE[dice.roll(STRANGE.len())].to_owned(),
                3 => text.insert(at, STRANGE[dice.roll(STRANGE.len())].to_owned()),
                4 => text[at] = text[other].clone(),
                _ => {
                    // Most often another word for a word, another number for a number: many of these can be parsed.
                    let alike = |a: &str, b: &str| {
                        a.starts_with(|c: char| c.is_ascii_digit()) == b.starts_with(|c: char| c.is_ascii_digit())
                    };
                    if text[at].len() > 1 && text[other].len() > 1 && alike(&text[at], &text[other]) {
                        text[at] = text[other].clone();
                    }
                }
            }
            if text.is_empty() {
                break;
            }
        }
        let Ok(stream) = write(&text).parse() else { continue };
        let mut report = Report::default();
        let one = Instant::now();
        let file = syntax::parse(stream, &mut report);
        parsed += usize::from(report.is_clean());
        let networks = lower(&file, &mut report);
        lowered += usize::from(report.is_clean());
        assert!(report.is_clean() || !report.messages().is_empty());
        assert!(networks.iter().all(|network| network.graph.is_some()) || !report.is_clean(), "{}", write(&text));
        assert!(one.elapsed() < Duration::from_secs(5), "slow: {}", write(&text));
        // What is right is emitted, and of what is wrong a part: both must be Rust.
        if report.is_clean() || dice.roll(16) == 0 {
            emitted += usize::from(report.is_clean());
            let code = fireclay_compiler::expand(write(&text).parse().expect("tokens"));
            assert!(syn::parse2::<syn::File>(code).is_ok(), "{}", write(&text));
        }
    }
    [parsed, lowered, emitted]
}

#[test]
fn deep_nesting_ends() {
    let deep = |n: usize| {
        format!("pub N(x: [4]) -> [4] {{ {}x{} -> Dense({}1{}) }}", "(".repeat(n), ")".repeat(n), "(".repeat(n), ")".repeat(n))
    };
    for n in [50, 90] {
        let _ = lower_common::run(&deep(n));
    }
    let lists = format!("pub N(x: [4]) -> [4] {{ x -> {}Relu{} }}", "[".repeat(80), "]".repeat(80));
    let _ = lower_common::run(&lists);
    // Blocks within blocks, each within brackets: the deepest that is allowed.
    let _ = lower_common::run(
        "block B(x; n) { if n == 0 { x } else { ((x -> [[Relu -> [B(n - 1)]]])) } } pub N(x: [4]) -> [4] { x -> B(62) }",
    );
    let _ =
        lower_common::run("block B(x; n) { ((((((((((x -> [[[[[[[[B(n)]]]]]]]])))))))))) } pub N(x: [4]) -> [4] { x -> B(62) }");
}

#[test]
fn doubling_ends() {
    let tuples: String = (0..60).map(|i| format!("let t{} = (t{i}, t{i}); ", i + 1)).collect();
    let all = lower_common::errors(&format!("pub N(x: [4]) -> [4] {{ let t0 = x; {tuples} concat(t60) }}"));
    assert_eq!(all.len(), 1, "{all:?}");
    let blocks: String = (0..60).map(|i| format!("block B{i}(x) {{ x -> B{} -> B{} }} ", i + 1, i + 1)).collect();
    let all = lower_common::errors(&format!("{blocks} block B60(x) {{ x }} pub N(x: [4]) -> [4] {{ x -> B0 }}"));
    assert_eq!(all.len(), 1, "{all:?}");
}

#[test]
fn strides_that_leap_over_everything_take_no_memory() {
    let conv = "Conv(1, (1, 1048576), stride = (1073741824, 1), pad = (0, 524288))";
    let tokens = fireclay_compiler::expand(
        format!("pub N(x: [1, 1, 1048576]) -> [1] {{ x -> {conv} -> GlobalAvgPool }}").parse().unwrap(),
    );
    let text = tokens.to_string();
    assert!(!text.contains("compile_error"), "{text}");
    assert!(!text.contains("conv_small_channel"), "its rows would be copied a thousand million times");
}
