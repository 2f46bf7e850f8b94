//! What is signed and how (RFC 5849, section 3.4).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use url::Url;

/// Everything but letters, digits and `-._~` is encoded (section 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The text that is signed: the method, the address without its query, and all parameters in their order, each encoded
/// (section 3.4.1). `Url` has already made scheme and host lower-case and left out a port that is the usual one.
pub(super) fn base_string(method: &Method, url: &Url, parameters: impl Iterator<Item = (String, String)>) -> String {
    let mut address = url.clone();
    address.set_query(None);
    address.set_fragment(None);
    let mut pairs: Vec<(String, String)> = parameters.map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", method.as_str(), encoded(address.as_str()), encoded(&pairs.join("&")))
}

pub(super) fn hmac_sha1(base: &str, client_secret: &str, token_secret: &str) -> String {
    let key = format!("{}&{}", encoded(client_secret), encoded(token_secret));
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(base.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::providers::{
        oauth::Client,
        oauth1::{Moment, Token, authorization},
    };

    /// RFC 5849, section 3.4.1.1.
    #[test]
    fn the_base_string_is_that_of_the_rfc() {
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").unwrap();
        let body = url::form_urlencoded::parse(b"c2&a3=2+q").into_owned();
        let oauth = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        let oauth = oauth.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let all = url.query_pairs().into_owned().chain(body).chain(oauth);
        assert_eq!(
            base_string(&Method::POST, &url, all),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%\
             3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC\
             -SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }

    fn header(
        token: Option<(&str, &str)>,
        method: &Method,
        url: &str,
        extra: &[(&str, &str)],
        moment: (&str, i64),
    ) -> String {
        let client = Client { id: "dpf43f3p2l4k3l03".into(), secret: Some("kd94hf93k423kf44".to_owned().into()) };
        let token =
            token.map(|(token, secret)| Token { token: token.to_owned().into(), secret: secret.to_owned().into() });
        let moment = Moment { nonce: moment.0.into(), timestamp: moment.1 };
        let url = Url::parse(url).unwrap();
        authorization(&client, token.as_ref(), method, &url, &[], extra, &moment).expose_secret().to_owned()
    }

    /// RFC 5849, section 1.2: the three requests of its example, with the signatures printed there.
    #[test]
    fn the_three_requests_of_the_rfc_are_signed_as_printed() {
        let callback = [("oauth_callback", "http://printer.example.com/ready")];
        let initiate =
            header(None, &Method::POST, "https://photos.example.net/initiate", &callback, ("wIjqoS", 137_131_200));
        assert!(initiate.contains("oauth_signature=\"74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D\""), "{initiate}");
        assert!(initiate.contains("oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\""), "{initiate}");
        let temporary = Some(("hh5s93j4hdidpola", "hdhd0244k9j7ao03"));
        let verifier = [("oauth_verifier", "hfdp7dh39dks9884")];
        let token =
            header(temporary, &Method::POST, "https://photos.example.net/token", &verifier, ("walatlh", 137_131_201));
        assert!(token.contains("oauth_signature=\"gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D\""), "{token}");
        let lasting = Some(("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"));
        let photos = "http://photos.example.net/photos?file=vacation.jpg&size=original";
        let photo = header(lasting, &Method::GET, photos, &[], ("chapoH", 137_131_202));
        assert!(photo.contains("oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""), "{photo}");
    }

    /// The example in Twitter's guide «Creating a signature», with a form in the body.
    #[test]
    fn the_example_of_a_vendor_is_signed_as_printed() {
        let url = Url::parse("https://api.twitter.com/1.1/statuses/update.json?include_entities=true").unwrap();
        let pairs = [
            ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
            ("include_entities", "true"),
            ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
            ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1318622958"),
            ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            ("oauth_version", "1.0"),
        ];
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let base = base_string(&Method::POST, &url, pairs);
        let (client, token) =
            ("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE");
        assert_eq!(hmac_sha1(&base, client, token), "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
    }
}
