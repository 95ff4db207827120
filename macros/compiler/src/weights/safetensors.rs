//! The safetensors format: the length of a header (`u64`, little endian), the header (JSON), the numbers.

use super::json::{self, Value};

/// A file.
#[derive(Debug)]
pub struct SafeTensors<'f> {
    tensors: Vec<(String, Tensor)>,
    data: &'f [u8],
}

/// One tensor of it.
#[derive(Debug)]
pub struct Tensor {
    /// `F32`
    pub dtype: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// Its first byte, and the one after its last.
    range: [usize; 2],
}

impl<'f> SafeTensors<'f> {
    /// Reads the header, and checks that every tensor of `f32` has its bytes.
    ///
    /// # Errors
    /// What is wrong; it names the tensor where one is to blame.
    pub fn parse(bytes: &'f [u8]) -> Result<Self, String> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or("it is shorter than the length of a header")?;
        let length = u64::from_le_bytes(*length);
        let header = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (header, data) = header.ok_or_else(|| format!("it ends within its header, which should have {length} bytes"))?;
        let Some(Value::Object(entries)) = core::str::from_utf8(header).ok().and_then(json::parse) else {
            return Err("its header is not JSON".to_owned());
        };
        let mut tensors: Vec<(String, Tensor)> = Vec::new();
        for (name, entry) in entries.into_iter().filter(|(name, _)| name != "__metadata__") {
            let tensor = tensor(&entry).ok_or_else(|| format!("its header does not describe {name}"))?;
            tensors.push((name, tensor));
        }
        // In the order of the file: the first that is cut off is the one to name.
        tensors.sort_by_key(|(_, tensor)| tensor.range);
        for (name, Tensor { dtype, shape, range: [from, to] }) in &tensors {
            if *to > data.len() {
                return Err(format!(
                    "{name} {shape:?} is truncated: it ends at byte {to} of the data, the file after {}",
                    data.len()
                ));
            }
            let needs = shape.iter().try_fold(4_usize, |n, dim| n.checked_mul(*dim));
            if dtype == "F32" && needs != to.checked_sub(*from) {
                return Err(format!("{name} {shape:?} does not have the bytes that its shape needs"));
            }
        }
        Ok(Self { tensors, data })
    }

    /// By name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.iter().find_map(|(n, tensor)| (n == name).then_some(tensor))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The numbers of a tensor of `f32`.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Vec<f32> {
        let bytes = self.get(name).and_then(|tensor| self.data.get(tensor.range[0]..tensor.range[1]));
        bytes.unwrap_or_default().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

fn tensor(entry: &Value) -> Option<Tensor> {
    let numbers = |value: &Value| value.array()?.iter().map(Value::number).collect::<Option<Vec<usize>>>();
    Some(Tensor {
        dtype: entry.get("dtype")?.string()?.to_owned(),
        shape: numbers(entry.get("shape")?)?,
        range: numbers(entry.get("data_offsets")?)?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::SafeTensors;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let length = u64::try_from(header.len()).expect("small").to_le_bytes();
        length.into_iter().chain(header.bytes()).chain((0..data).map(|i| if i % 4 == 3 { 0x40 } else { 0 })).collect()
    }

    fn wrong(bytes: &[u8]) -> String {
        SafeTensors::parse(bytes).expect_err("something wrong")
    }

    const TWO: &str = r#"{"__metadata__":{"format":"pt"},"fc.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},
        "fc.weight":{"dtype":"F32","shape":[1, 2],"data_offsets":[0,8]}}  "#;

    #[test]
    fn tensors_have_names_shapes_and_numbers() {
        let bytes = file(TWO, 12);
        let file = SafeTensors::parse(&bytes).expect("a whole file");
        assert_eq!(file.get("fc.weight").map(|t| t.shape.clone()), Some(vec![1, 2]));
        assert_eq!(file.numbers("fc.weight"), [2.0, 2.0]);
        assert_eq!((file.numbers("fc.bias"), file.numbers("fc")), (vec![2.0], vec![]));
        assert_eq!(file.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["fc.weight", "fc.bias"]);
    }

    #[test]
    fn what_is_damaged_is_named() {
        assert_eq!(wrong(b"1234"), "it is shorter than the length of a header");
        assert_eq!(wrong(&file(TWO, 12)[..100]), format!("it ends within its header, which should have {} bytes", TWO.len()));
        assert_eq!(wrong(&file("{", 0)), "its header is not JSON");
        assert_eq!(wrong(&file("[]", 0)), "its header is not JSON");
        assert_eq!(wrong(&file(r#"{"a":{"dtype":"F32","shape":[1]}}"#, 4)), "its header does not describe a");
        assert_eq!(wrong(&file(TWO, 11)), "fc.bias [1] is truncated: it ends at byte 12 of the data, the file after 11");
        let short = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
        assert_eq!(wrong(&file(short, 8)), "a [3] does not have the bytes that its shape needs");
        // Neither what is cut off anywhere nor any length in front makes this panic.
        let whole = file(TWO, 12);
        for end in 0..whole.len() {
            wrong(&whole[..end]);
        }
        let mut long = whole;
        long[..8].fill(0xff);
        wrong(&long);
    }
}
