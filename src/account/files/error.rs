//! Why a file was not taken or not given.

use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    platform::{files::FilesError, jobs::JobsError, telemetry},
};

/// Why a file was not taken or not given.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is no such file of theirs.
    #[error("no such file")]
    NoSuchFile,
    /// Nothing of the name can be shown.
    #[error("no name")]
    NoName,
    /// Its name ends in no extension.
    #[error("no extension")]
    NoExtension,
    /// Files with this extension are not taken.
    #[error("kind not taken")]
    KindNotTaken,
    /// Its sender calls it something that its name is not.
    #[error("called something else")]
    CalledOther,
    /// It begins as a file of another kind does.
    #[error("of another kind")]
    OtherKind,
    /// It is something else as well.
    #[error("mixed")]
    Mixed,
    /// It is no UTF-8.
    #[error("no text")]
    NoText,
    /// More than 40 million pixels.
    #[error("too many pixels")]
    TooManyPixels,
    /// Larger than any file may be, in bytes.
    #[error("too large")]
    TooLarge { most: u64 },
    /// Larger than what is left of their room, in bytes.
    #[error("no room")]
    NoRoom { left: u64 },
    /// As many files as a person can have.
    #[error("too many files")]
    TooMany,
    /// As many on their way at once as a person can have.
    #[error("too many at once")]
    TooManyAtOnce,
    /// No file came with the form.
    #[error("no file")]
    Missing,
    /// Nothing is in it.
    #[error("empty")]
    Empty,
    /// It ended before it was whole, or stopped coming.
    #[error("cut off")]
    CutOff,
    /// A signed address was changed, or never was one.
    #[error("address not ours")]
    AddressInvalid,
    /// A signed address whose time is over.
    #[error("address expired")]
    AddressExpired,
    /// A signed address for longer than allowed.
    #[error("address too long")]
    AddressLasts,
    /// The part that is asked for lies beyond the end; the size in bytes.
    #[error("out of range")]
    OutOfRange { size: u64 },
    /// The file store failed.
    #[error("files: {0}")]
    Store(#[from] FilesError),
    /// The queue failed.
    #[error("files: {0}")]
    Jobs(#[from] JobsError),
    /// The database failed.
    #[error("files: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<FileError> for AppError {
    fn from(error: FileError) -> Self {
        let unfit = |code: &str, told: &str| Self::new(ErrorKind::Unprocessable, code, told).on_field("file");
        match &error {
            FileError::NoSuchFile => Self::not_found("file"),
            FileError::NoName => {
                let told = "Say what the file is called, with its extension: report.pdf.";
                Self::new(ErrorKind::Unprocessable, "file_name_missing", told).on_field("name")
            }
            FileError::NoExtension => {
                let told = "The name of this file has no extension, so nobody can tell what it is. Give it one: report.pdf.";
                Self::new(ErrorKind::Unprocessable, "file_extension_missing", told).on_field("name")
            }
            FileError::KindNotTaken => Self::new(
                ErrorKind::UnsupportedType,
                "file_kind_not_taken",
                "Files with this extension are not taken. Pictures, PDF, documents, text, sound, film and zip archives are.",
            )
            .on_field("file"),
            FileError::CalledOther => Self::new(
                ErrorKind::UnsupportedType,
                "file_type_differs",
                "The Content-Type is not what the name of the file says. Send the right one, or application/octet-stream.",
            ),
            FileError::OtherKind => unfit(
                "file_kind_differs",
                "The content of this file is not what its name says, or it is damaged. Save it anew under the right \
                 name.",
            ),
            FileError::Mixed => unfit(
                "file_mixed",
                "This file holds something else beside what it says it is, so it was not taken. Save it anew and try \
                 again.",
            ),
            FileError::NoText => unfit("file_not_text", "This is no text in UTF-8. Save it as UTF-8 and try again."),
            FileError::TooManyPixels => unfit(
                "file_too_many_pixels",
                "This picture has more than 40 million pixels. Make it smaller and try again.",
            ),
            FileError::TooLarge { most } => Self::new(
                ErrorKind::TooLarge,
                "file_too_large",
                format!("This file is larger than {}, which is the most that is taken.", size(*most)),
            )
            .on_field("file"),
            FileError::NoRoom { left } => Self::new(
                ErrorKind::TooLarge,
                "file_quota",
                format!("This file does not fit: {} of your room are left. Delete files that you do not need.", size(*left)),
            )
            .on_field("file"),
            FileError::TooMany => Self::new(
                ErrorKind::Conflict,
                "too_many_files",
                "You have 10,000 files, which is the most. Delete some that you do not need.",
            ),
            FileError::TooManyAtOnce => {
                let mut told = Self::new(
                    ErrorKind::Limited,
                    "too_many_uploads",
                    "Four files are on their way already. Wait until one of them is here.",
                );
                told.retry_after = Some(5);
                told
            }
            FileError::Missing => unfit("file_missing", "No file came with the form. Choose one first."),
            FileError::Empty => unfit("file_empty", "Nothing is in this file. Choose another one."),
            FileError::CutOff => Self::new(
                ErrorKind::Invalid,
                "upload_incomplete",
                "The file did not come through whole, so nothing was kept. Send it again.",
            ),
            FileError::AddressInvalid => Self::new(
                ErrorKind::Forbidden,
                "address_invalid",
                "This address opens nothing. Ask whoever gave it to you for a new one.",
            ),
            FileError::AddressExpired => Self::new(
                ErrorKind::Forbidden,
                "address_expired",
                "The time of this address is over. Ask whoever gave it to you for a new one.",
            ),
            FileError::AddressLasts => Self::new(
                ErrorKind::Unprocessable,
                "seconds_invalid",
                "An address lasts 1 to 300 seconds.",
            )
            .on_field("seconds"),
            FileError::OutOfRange { size } => Self::new(
                ErrorKind::OutOfRange,
                "range_not_satisfiable",
                format!("The file has {size} bytes. Ask for a part of these."),
            ),
            FileError::Store(_) => {
                telemetry::report(&error, "files");
                Self::new(
                    ErrorKind::Unavailable,
                    "files_unavailable",
                    "Files cannot be kept or read at the moment. Try again in a few minutes.",
                )
            }
            FileError::Jobs(_) | FileError::Database(_) => {
                telemetry::report(&error, "files");
                Self::internal()
            }
        }
    }
}

fn size(bytes: u64) -> String {
    super::model::size(bytes)
}
