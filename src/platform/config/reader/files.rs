//! Where uploaded files are kept.

use secrecy::ExposeSecret as _;
use url::Url;

use super::Reader;
use crate::platform::config::{BucketSettings, FileLimits, FileSettings};

const FOLDER: &str = "FILES_DIR";
const BUCKET: &str = "S3_BUCKET_NAME";
const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const REGION: &str = "AWS_REGION";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const LARGEST: &str = "FILES_LARGEST_MB";
const QUOTA: &str = "FILES_QUOTA_MB";
const MEGABYTE: u64 = 1024 * 1024;
/// What a bucket takes in one object is more; what a person waits for is less.
const MOST_MEGABYTES: u64 = 5_120;

impl Reader<'_> {
    /// A folder of this machine, unless the keys of a bucket are set.
    pub(super) fn files(&mut self) -> Option<FileSettings> {
        let (key_id, secret) = (self.secret(KEY_ID), self.secret(SECRET));
        let bucket = self.text(BUCKET);
        if key_id.is_none() && secret.is_none() && bucket.is_none() {
            return Some(FileSettings::Folder(self.text(FOLDER).unwrap_or(".local/files").into()));
        }
        for (name, missing) in [(KEY_ID, key_id.is_none()), (SECRET, secret.is_none())] {
            if missing && !self.failed_file(name) {
                self.errors
                    .add(name, "a bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set both, or neither");
            }
        }
        let bucket = bucket.unwrap_or("go-api-files");
        if !is_name(bucket, 63, "-.") {
            self.errors.add(BUCKET, "must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens");
        }
        let region = self.text(REGION).unwrap_or("us-east-1");
        if !is_name(region, 30, "-") {
            self.errors.add(REGION, "must be a region of AWS, such as us-east-1");
        }
        let endpoint = self.text(ENDPOINT).and_then(|text| {
            let address = Url::parse(text).ok().filter(is_endpoint);
            match &address {
                None => {
                    self.errors.add(ENDPOINT, "must be an address such as https://s3.example.com, no name, no query");
                }
                // Files would go over the wire as they are.
                Some(address) if address.scheme() == "http" && !self.development() => {
                    self.errors.add(ENDPOINT, "must begin with https:// outside development");
                }
                Some(_) => {}
            }
            address
        });
        Some(FileSettings::Bucket(BucketSettings {
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            endpoint,
            key_id: key_id?.expose_secret().to_owned(),
            secret: secret?,
        }))
    }

    /// The largest file and all files of a person together, in bytes.
    pub(super) fn file_limits(&mut self) -> FileLimits {
        let largest = self.parsed(LARGEST, 1_024_u64, "must be a number of megabytes, such as 1024");
        let quota = self.parsed(QUOTA, 5_120_u64, "must be a number of megabytes, such as 5120");
        if !(1..=MOST_MEGABYTES).contains(&largest) {
            self.errors.add(LARGEST, "must be between 1 and 5120 megabytes");
        }
        FileLimits { largest: largest.saturating_mul(MEGABYTE), quota: quota.saturating_mul(MEGABYTE) }
    }
}

/// Small letters and digits with these signs between them, three at least: what can stand in the address of a bucket.
fn is_name(text: &str, longest: usize, signs: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    (3..=longest).contains(&text.len())
        && text.chars().all(|letter| plain(letter) || signs.contains(letter))
        && text.starts_with(plain)
        && text.ends_with(plain)
        && !text.contains("..")
}

fn is_endpoint(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https")
        && address.has_host()
        && address.username().is_empty()
        && address.password().is_none()
        && address.query().is_none()
        && address.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Variables;

    const KEYS: [(&str, &str); 2] = [(KEY_ID, "AKIDEXAMPLE"), (SECRET, "a-secret")];

    fn wrong(name: &str, value: &str) -> Vec<&'static str> {
        let set = KEYS.into_iter().filter(|(key, _)| *key != name).chain([(name, value)]);
        let variables: Variables = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut reader = Reader::new(&variables);
        let _ = reader.files();
        [BUCKET, KEY_ID, SECRET, REGION, ENDPOINT].into_iter().filter(|name| reader.errors.names(name)).collect()
    }

    #[test]
    fn what_cannot_be_a_bucket_is_named() {
        for (name, value) in [
            (BUCKET, "Files"),
            (BUCKET, "ab"),
            (BUCKET, "a..b"),
            (BUCKET, "-ab"),
            (REGION, "us east"),
            (REGION, "evil.example/"),
            (ENDPOINT, "localhost:4566"),
            (ENDPOINT, "http://name:word@localhost"),
            (ENDPOINT, "http://localhost/?a=b"),
            (ENDPOINT, "http://s3.example.com"),
        ] {
            assert_eq!(wrong(name, value), [name], "{value}");
        }
        for (name, value) in [(BUCKET, "our.files-1"), (REGION, "eu-west-1"), (ENDPOINT, "https://s3.example.com/x")] {
            assert!(wrong(name, value).is_empty(), "{value}");
        }
    }
}
