//! The safetensors format, as the crate `safetensors` reads it, without names that stand twice, and with a reason where it is damaged.

use super::{Fault, OtherFormat};
use safetensors::SafeTensors;
use safetensors::tensor::{TensorInfo, TensorView};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

/// The format allows no longer header.
const LONGEST_HEADER: usize = 100_000_000;

/// The tensors of a file, by name.
///
/// # Errors
/// If it is not a whole safetensors file.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<String, TensorView<'_>>, Fault> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| match OtherFormat::of(bytes) {
        Some(format) => Fault::Format(format),
        None => Fault::Damaged(damage(bytes).unwrap_or_else(|| error.to_string())),
    })?;
    // The crate keeps the last of several entries of one name. Readers of other languages may keep another.
    if let Some(name) = header(bytes).and_then(twice) {
        return Err(Fault::Damaged(format!("its header names {name} twice")));
    }
    Ok(file.tensors().into_iter().collect())
}

/// The texts that a file holds beside its tensors, by their keys.
///
/// # Errors
/// If it is not a whole safetensors file.
pub fn metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, Fault> {
    read(bytes)?;
    Ok(header(bytes).and_then(texts).unwrap_or_default())
}

/// What a header holds that is not tensors.
#[derive(serde::Deserialize)]
struct Header<T> {
    #[serde(rename = "__metadata__")]
    texts: Option<T>,
}

fn texts<'h, T: Deserialize<'h>>(header: &'h str) -> Option<T> {
    serde_json::from_str::<Header<T>>(header).ok()?.texts
}

/// The length that a file says its header has.
fn header_length(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*bytes.first_chunk()?)).ok().filter(|length| *length <= LONGEST_HEADER)
}

/// Whether this begins as a safetensors file does, whole or not.
pub fn begins_as_one(bytes: &[u8]) -> bool {
    header_length(bytes).is_some() && bytes.get(8) == Some(&b'{')
}

/// The text of the header.
fn header(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.get(8..)?.get(..header_length(bytes)?)?).ok()
}

/// A name that a header has twice, of a tensor or of a text.
fn twice(header: &str) -> Option<String> {
    let Entries(entries) = serde_json::from_str::<Entries<IgnoredAny>>(header).ok()?;
    repeated(entries).or_else(|| texts(header).and_then(|Entries::<IgnoredAny>(entries)| repeated(entries)))
}

fn repeated<T>(entries: Vec<(String, T)>) -> Option<String> {
    let mut seen = HashSet::new();
    entries.into_iter().map(|(name, _)| name).find(|name| !seen.insert(name.clone()))
}

/// What is wrong with a file that was refused; it names the tensor where one is to blame.
fn damage(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("it is empty".to_owned());
    }
    if bytes.len() < 8 {
        return Some(format!("it has only {} bytes", bytes.len()));
    }
    let Some(length) = header_length(bytes) else {
        return Some("it does not begin as a safetensors file does".to_owned());
    };
    let data = &bytes[8..];
    if data.len() < length {
        return Some(format!("it ends within its header, which should have {length} bytes"));
    }
    let data = data.len() - length;
    let mut tensors = match serde_json::from_str(header(bytes)?) {
        Ok(Entries::<TensorInfo>(tensors)) => tensors,
        Err(error) => return Some(format!("its header cannot be read: {error}")),
    };
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    // In the order of the file: the first that is cut off is the one to name.
    let mut end = 0;
    for (name, TensorInfo { shape, data_offsets: (from, to), dtype }) in tensors {
        if to > data {
            return Some(format!("{name} {shape:?} is truncated: it ends at byte {to} of the data, the file after {data}"));
        }
        let bits = shape.iter().try_fold(dtype.bitsize(), |bits, dim| bits.checked_mul(*dim));
        if bits != to.checked_sub(from).and_then(|bytes| bytes.checked_mul(8)) {
            return Some(format!("{name} {shape:?} does not have the bytes that its shape needs"));
        }
        if from != end {
            return Some(format!("{name} begins at byte {from} of the data, what is before it ends at {end}"));
        }
        end = to;
    }
    (end < data).then(|| format!("{} bytes follow its last tensor", data - end))
}

/// The entries of a header in their order, each of them, without `__metadata__`.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an entry for each tensor")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value().map_err(|error| M::Error::custom(format_args!("the entry of {name}: {error}")))?;
            entries.push((name, value));
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, metadata, read};

    fn file(header: &str, data: usize) -> Vec<u8> {
        let length = u64::try_from(header.len()).expect("small").to_le_bytes();
        length.into_iter().chain(header.bytes()).chain((0..data).map(|i| if i % 4 == 3 { 0x40 } else { 0 })).collect()
    }

    fn wrong(bytes: &[u8]) -> String {
        match read(bytes) {
            Err(Fault::Damaged(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    const TWO: &str = r#"{"__metadata__":{"format":"pt"},"fc.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},
        "fc.weight":{"dtype":"F32","shape":[1, 2],"data_offsets":[0,8]}}  "#;

    #[test]
    fn tensors_have_names_shapes_and_bytes() {
        let bytes = file(TWO, 12);
        let tensors = read(&bytes).expect("a whole file");
        assert_eq!(tensors.keys().collect::<Vec<_>>(), ["fc.bias", "fc.weight"]);
        assert_eq!(tensors["fc.weight"].shape(), [1, 2]);
        assert_eq!(tensors["fc.weight"].data(), [0, 0, 0, 0x40, 0, 0, 0, 0x40]);
    }

    /// As the official reader has it.
    #[test]
    fn metadata_is_text_in_any_script() {
        let entry = r#""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
        let fire = format!("{{\"__metadata__\":{{\"note\":\"\\ud83d\\udd25 🔥\"}},{entry}}}");
        assert_eq!(read(&file(&fire, 4)).expect("a whole file").len(), 1);
        let name = entry.replace("\"a\"", r#""\ud83d\udd25""#);
        assert!(read(&file(&format!("{{{name}}}"), 4)).expect("a whole file").contains_key("🔥"));
        assert_eq!(metadata(&file(&fire, 4)).expect("a whole file"), [("note".to_owned(), "🔥 🔥".to_owned())].into());
        assert!(metadata(&file(&format!("{{{entry}}}"), 4)).expect("a whole file").is_empty());
        assert!(metadata(&file(&fire, 3)).is_err());
        let twice = file(&format!(r#"{{"__metadata__":{{"note":"a","n\u006fte":"b"}},{entry}}}"#), 4);
        assert_eq!(wrong(&twice), "its header names note twice");
        for bad in [r#"{"steps":3}"#, r#"{"note":"\ud83d"}"#, r#""pt""#] {
            let text = wrong(&file(&format!("{{\"__metadata__\":{bad},{entry}}}"), 4));
            assert!(text.contains("header"), "{bad}: {text}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let entry = |name: &str, from: usize, to: usize| {
            format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{from},{to}]}}", (to - from) / 4)
        };
        // The same bytes twice, which the crate takes; written in two ways; and bytes of their own.
        for (first, second, data) in
            [(entry("fc.bias", 0, 8), entry("fc.bias", 0, 8), 8), (entry("fc.bias", 0, 8), entry("fc\\u002ebias", 0, 8), 8)]
        {
            assert_eq!(wrong(&file(&format!("{{{first},{second}}}"), data)), "its header names fc.bias twice");
        }
        let both = format!("{{{},{}}}", entry("fc.bias", 0, 8), entry("fc.bias", 8, 16));
        wrong(&file(&both, 16));
    }

    #[test]
    fn what_is_damaged_is_named() {
        let one = |entry: &str| format!("{{\"a\":{{\"dtype\":\"F32\",{entry}}}}}");
        assert_eq!(wrong(b""), "it is empty");
        assert_eq!(wrong(b"1234"), "it has only 4 bytes");
        assert_eq!(wrong(b"a text, not weights"), "it does not begin as a safetensors file does");
        assert_eq!(wrong(&file(TWO, 12)[..100]), format!("it ends within its header, which should have {} bytes", TWO.len()));
        for (header, says) in [
            ("{", "its header cannot be read: EOF while parsing"),
            ("[]", "its header cannot be read: invalid type: sequence, expected an object with an entry for each tensor"),
            (&one("\"shape\":[1]"), "its header cannot be read: the entry of a: missing field `data_offsets`"),
            (&one("\"shape\":[-1],\"data_offsets\":[0,4]"), "its header cannot be read: the entry of a: invalid value"),
            ("{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", "the entry of a: unknown variant `F33`"),
        ] {
            let text = wrong(&file(header, 4));
            assert!(text.contains(says), "{header}: {text}");
        }
        assert_eq!(wrong(&file(TWO, 11)), "fc.bias [1] is truncated: it ends at byte 12 of the data, the file after 11");
        assert_eq!(wrong(&file(TWO, 15)), "3 bytes follow its last tensor");
        let short = one("\"shape\":[3],\"data_offsets\":[0,8]");
        assert_eq!(wrong(&file(&short, 8)), "a [3] does not have the bytes that its shape needs");
        let late = one("\"shape\":[1],\"data_offsets\":[4,8]");
        assert_eq!(wrong(&file(&late, 8)), "a begins at byte 4 of the data, what is before it ends at 0");
        let overlap = TWO.replace("[8,12]", "[4,8]");
        assert_eq!(wrong(&file(&overlap, 8)), "fc.bias begins at byte 4 of the data, what is before it ends at 8");
        let huge = one("\"shape\":[18446744073709551615,2],\"data_offsets\":[0,8]");
        assert_eq!(wrong(&file(&huge, 8)), "a [18446744073709551615, 2] does not have the bytes that its shape needs");
    }

    /// Neither what is cut off anywhere, nor any length in front, nor a header like a tower.
    #[test]
    fn nothing_makes_it_panic() {
        let whole = file(TWO, 12);
        for end in 0..whole.len() {
            wrong(&whole[..end]);
        }
        for length in [0, 1, 99_999_999, 100_000_001, u64::MAX / 2, u64::MAX - 7, u64::MAX] {
            let mut long = whole.clone();
            long[..8].copy_from_slice(&length.to_le_bytes());
            wrong(&long);
        }
        wrong(&file(&"{\"a\":".repeat(100_000), 0));
        wrong(&file(&format!("{{\"a\":{}", "[".repeat(100_000)), 0));
    }
}
