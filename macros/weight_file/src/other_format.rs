//! What users hand over instead of a safetensors file, by its first bytes.

use super::reader::begins_as_one;
use std::fmt;

/// A format that is not read, and the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherFormat {
    /// `a PyTorch checkpoint`
    pub what: &'static str,
    /// What to do.
    pub help: &'static str,
}

const PYTORCH: OtherFormat = OtherFormat {
    what: "a PyTorch checkpoint",
    help: "export its weights, in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")",
};
const PICKLE: OtherFormat = OtherFormat { what: "a Python pickle (PyTorch's older format, perhaps)", ..PYTORCH };
const NUMPY: OtherFormat = OtherFormat {
    what: "a NumPy file",
    help: "write its arrays under PyTorch's names, in Python: safetensors.numpy.save_file({\"fc.weight\": array, …}, \"model.safetensors\")",
};
const ZIP: OtherFormat =
    OtherFormat { what: "a zip archive", help: "unpack it: what is wanted is a safetensors file, perhaps within it" };
const COMPRESSED: OtherFormat =
    OtherFormat { what: "a compressed file", help: "unpack it first (gunzip, unxz, unzstd, bunzip2)" };
const GGUF: OtherFormat =
    OtherFormat { what: "a GGUF file (llama.cpp)", help: "take the safetensors file that it was converted from" };
const HDF5: OtherFormat = OtherFormat {
    what: "an HDF5 file (Keras)",
    help: "write its weights under PyTorch's names and in PyTorch's layout (Keras keeps kernels transposed), in Python: safetensors.numpy.save_file(…)",
};
const ONNX: OtherFormat = OtherFormat {
    what: "an ONNX file (protobuf)",
    help: "export the weights of the model it was made from, in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")",
};
const TFLITE: OtherFormat = OtherFormat {
    what: "a TensorFlow Lite file",
    help: "write the weights of the model it was made from under PyTorch's names, in Python: safetensors.numpy.save_file(…)",
};
const LFS: OtherFormat =
    OtherFormat { what: "a pointer of Git LFS, not the file itself", help: "`git lfs pull` fetches the file" };
const HTML: OtherFormat =
    OtherFormat { what: "an HTML page", help: "the download went wrong: fetch the file itself, not the page about it" };
const JSON: OtherFormat = OtherFormat {
    what: "a JSON text (the index of a model in several files, perhaps)",
    help: "take the safetensors file itself; several are joined in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")",
};

/// First bytes that tell a format.
const MAGIC: [(&[u8], OtherFormat); 17] = [
    (b"\x93NUMPY", NUMPY),
    (b"\x1f\x8b", COMPRESSED),
    (b"\xfd7zXZ\0", COMPRESSED),
    (b"\x28\xb5\x2f\xfd", COMPRESSED),
    (b"BZh", COMPRESSED),
    (b"GGUF", GGUF),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"version https://git-lfs", LFS),
    (b"<!DOCTYPE", HTML),
    (b"<!doctype", HTML),
    (b"<html", HTML),
    (b"{", JSON),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    // An empty archive.
    (b"PK\x05\x06", ZIP),
];

impl OtherFormat {
    /// The format of a file that cannot be read as what it should be.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if begins_as_one(bytes) {
            return None;
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Some(archive(bytes));
        }
        if bytes.get(4..8) == Some(b"TFL3") {
            return Some(TFLITE);
        }
        let magic = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
        magic.map(|(_, format)| *format).or_else(|| is_onnx(bytes).then_some(ONNX))
    }

    /// The message for such a file.
    #[must_use]
    pub fn message(&self, file: &dyn fmt::Display, wanted: &str) -> String {
        format!("{file} is {}, not {wanted}\n  help: {}", self.what, self.help)
    }
}

/// Which archive, by the names in it: they stand at its beginning and its end.
fn archive(bytes: &[u8]) -> OtherFormat {
    const NEAR: usize = 1 << 16;
    let parts = [&bytes[..bytes.len().min(NEAR)], &bytes[bytes.len().saturating_sub(NEAR)..]];
    let holds = |name: &[u8]| parts.iter().any(|part| part.windows(name.len()).any(|window| window == name));
    if holds(b"data.pkl") {
        PYTORCH
    } else if holds(b"model.weights.h5") {
        OtherFormat { what: "a Keras archive", ..HDF5 }
    } else if holds(b".npy") {
        NUMPY
    } else {
        ZIP
    }
}

/// A model begins with its field 1, a small version; then comes another field of a few.
fn is_onnx(bytes: &[u8]) -> bool {
    const FIELDS: [u8; 8] = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];
    matches!(bytes, [0x08, 1..=0x20, field, ..] if FIELDS.contains(field))
}

#[cfg(test)]
mod tests {
    use super::OtherFormat;

    fn what(bytes: &[u8]) -> &'static str {
        OtherFormat::of(bytes).map_or("", |format| format.what)
    }

    /// The beginning of a zip archive whose first file has this name.
    fn zip(name: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(name.bytes());
        bytes
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        for (bytes, name) in [
            (zip("model/data.pkl").as_slice(), "a PyTorch checkpoint"),
            (&zip("fc.weight.npy"), "a NumPy file"),
            (&zip("model.weights.h5"), "a Keras archive"),
            (&zip("readme.txt"), "a zip archive"),
            // torch.save(…, _use_new_zipfile_serialization=False)
            (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M", "a Python pickle (PyTorch's older format, perhaps)"),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0}", "a Python pickle (PyTorch's older format, perhaps)"),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "a compressed file"),
            (b"GGUF\x03\0\0\0\x7b\0\0\0\0\0\0\0", "a GGUF file (llama.cpp)"),
            (b"\x89HDF\r\n\x1a\n\0\0\0\0", "an HDF5 file (Keras)"),
            (b"\x93NUMPY\x01\0v\0{'descr': '<f4'", "a NumPy file"),
            (b"\x1c\0\0\0TFL3\x14\0 \0", "a TensorFlow Lite file"),
            // onnx.save of a model made by PyTorch
            (b"\x08\x08\x12\x07pytorch\x1a\x052.4.0", "an ONNX file (protobuf)"),
            (b"\x08\x0a:\xd5\x01\n", "an ONNX file (protobuf)"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS, not the file itself"),
            (b"<!DOCTYPE html><html>", "an HTML page"),
            (b"{\"metadata\": {\"total_size\": 1}}", "a JSON text (the index of a model in several files, perhaps)"),
            (b"what is this?", ""),
            (b"", ""),
        ] {
            assert_eq!(what(bytes), name, "{}", String::from_utf8_lossy(bytes));
        }
    }

    /// The length of a header may be any magic number.
    #[test]
    fn a_cut_safetensors_file_is_one() {
        for length in [0x0280_u64, 0x8b1f, 0x0008_1208] {
            let bytes = [&length.to_le_bytes()[..], b"{\"a\":"].concat();
            assert_eq!(what(&bytes), "");
        }
    }
}
