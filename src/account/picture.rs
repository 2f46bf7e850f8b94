//! Turning a file that somebody sent into a small picture of ours. Nothing of the file itself is kept: what is stored
//! is drawn anew, so hidden data, places and names of cameras are gone.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType,
    metadata::Orientation,
};

use super::{mixed::Mixed, model::PictureFault};

/// Width and height of what is kept.
const SIDE: u32 = 256;
/// More pixels than any camera picture of 5 MB; a file that claims more is not unpacked.
pub const MOST_PIXELS: u64 = 40_000_000;
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
const QUALITY: u8 = 88;

/// A picture of ours.
pub struct Picture {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// `jpg`, or `png` where something shows through.
    pub extension: &'static str,
}

/// What the extensions of ours are served as.
pub fn media_type(extension: &str) -> Option<&'static str> {
    match extension {
        "jpg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        _ => None,
    }
}

/// Reads the file and draws its middle square.
///
/// # Errors
/// When it is none of the four kinds by its content, or holds more than a picture, too many pixels or damage.
pub fn redraw(file: &[u8], file_name: Option<&str>) -> Result<Picture, PictureFault> {
    if file.is_empty() {
        return Err(PictureFault::Missing);
    }
    let format = kind(file, file_name)?;
    if holds_more(file) {
        return Err(PictureFault::Mixed);
    }
    let (image, orientation) = unpack(file, format)?;
    let mut image = square(&image);
    image.apply_orientation(orientation);
    encode(&image)
}

/// Reads a picture that was looked at when it came in, and draws it anew, no longer than this on either side.
///
/// # Errors
/// When it is none of the four kinds, or holds too many pixels or damage.
pub fn shrink(file: &[u8], longest: u32) -> Result<Picture, PictureFault> {
    let (image, orientation) = unpack(file, kind(file, None)?)?;
    let mut image = if image.width().max(image.height()) > longest {
        image.resize(longest, longest, FilterType::Triangle)
    } else {
        image
    };
    image.apply_orientation(orientation);
    encode(&image)
}

/// The picture, and how its camera was held: it says so beside the picture, and what we draw says nothing.
fn unpack(file: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), PictureFault> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureFault::Broken);
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureFault::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(fault)?;
    Ok((DynamicImage::from_decoder(decoder).map_err(fault)?, orientation))
}

/// The kind by its first bytes. A name that says something else than a picture is not believed either.
fn kind(file: &[u8], file_name: Option<&str>) -> Result<ImageFormat, PictureFault> {
    let extension = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension.to_lowercase());
    if extension.is_some_and(|extension| !matches!(&*extension, "png" | "jpg" | "jpeg" | "jfif" | "webp" | "gif")) {
        return Err(PictureFault::Kind);
    }
    match image::guess_format(file) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif)) => Ok(format),
        _ => Err(PictureFault::Kind),
    }
}

fn holds_more(file: &[u8]) -> bool {
    let mut mixed = Mixed::new(true);
    mixed.read(file);
    mixed.has_markup() || mixed.has_archive() || mixed.has_document()
}

/// The middle square at its final size. A large picture is first made smaller roughly, which is quick.
fn square(image: &DynamicImage) -> DynamicImage {
    let side = image.width().min(image.height());
    let middle = image.crop_imm((image.width() - side) / 2, (image.height() - side) / 2, side, side);
    let rough = if side > 4 * SIDE { middle.thumbnail_exact(2 * SIDE, 2 * SIDE) } else { middle };
    rough.resize_exact(SIDE, SIDE, FilterType::Lanczos3)
}

fn encode(image: &DynamicImage) -> Result<Picture, PictureFault> {
    let mut bytes = Vec::new();
    let rgba = image.to_rgba8();
    if rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
        rgba.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(fault)?;
        return Ok(Picture { bytes, extension: "png" });
    }
    let rgb = DynamicImage::ImageRgba8(rgba).to_rgb8();
    rgb.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)).map_err(fault)?;
    Ok(Picture { bytes, extension: "jpg" })
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn fault(error: image::ImageError) -> PictureFault {
    match error {
        image::ImageError::Limits(_) => PictureFault::TooManyPixels,
        _ => PictureFault::Broken,
    }
}
