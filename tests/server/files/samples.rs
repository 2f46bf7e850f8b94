//! Files of all sorts, made here.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};

pub fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(20, 10).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

pub fn png() -> Vec<u8> {
    picture(ImageFormat::Png)
}

pub const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
pub const PAGE: &[u8] = b"<!doctype html><html><script>alert(1)</script></html>";
pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";
/// An empty archive.
pub const ARCHIVE_END: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// An archive of one empty file.
pub fn zip() -> Vec<u8> {
    let entry = b"\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0";
    let local = [b"PK\x03\x04", &entry[..], b"a"].concat();
    let central = [b"PK\x01\x02\x0a\0", &entry[..], &[0; 14][..], b"a"].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend_from_slice(&u32::try_from(central.len()).unwrap().to_le_bytes());
    end.extend_from_slice(&u32::try_from(local.len()).unwrap().to_le_bytes());
    end.extend_from_slice(&[0, 0]);
    [local, central, end].concat()
}

/// A GIF that claims a size.
pub fn flood() -> Vec<u8> {
    let mut gif = picture(ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    gif
}

/// Text of so many bytes whose every part is another.
pub fn numbers(size: usize) -> Vec<u8> {
    let mut text = String::with_capacity(size + 20);
    let mut at = 0_u64;
    while text.len() < size {
        text.push_str(&at.to_string());
        text.push('\n');
        at += 7;
    }
    text.truncate(size);
    text.into_bytes()
}
