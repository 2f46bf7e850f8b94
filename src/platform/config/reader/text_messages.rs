//! How text messages leave, and how many.

use super::{Reader, list};
use crate::platform::config::{TextMessageSettings, TextMessageWay};

const WAY: &str = "TEXT_MESSAGES";
const REGION: &str = "SNS_REGION";
const MOST: &str = "SMS_DAILY_MAX";
const COUNTRIES: &str = "SMS_COUNTRIES";

impl Reader<'_> {
    /// Off, unless they are asked for: each costs money.
    pub(super) fn text_messages(&mut self) -> TextMessageSettings {
        let region = self.text(REGION);
        let fits = |region: &&str| {
            (3..=30).contains(&region.len())
                && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if region.is_some_and(|region| !fits(&region)) {
            self.errors.add(REGION, "must be a region of AWS, such as us-east-1");
        }
        let sns = TextMessageWay::Sns { region: region.unwrap_or("us-east-1").to_owned() };
        let way = match self.text(WAY) {
            Some("sns") => sns,
            None if region.is_some() => sns,
            Some("off") | None => TextMessageWay::Off,
            Some("log") if self.development() => TextMessageWay::Log,
            Some("log") => {
                self.errors.add(WAY, "`log` writes codes into the log, which is for development only; use sns or off");
                TextMessageWay::Off
            }
            Some(_) => {
                self.errors.add(WAY, "must be sns, log or off");
                TextMessageWay::Off
            }
        };
        let daily_max = self.parsed(MOST, 200, "must be a number of messages, such as 200");
        let countries = self.text(COUNTRIES).filter(|text| *text != "all").map(list).unwrap_or_default();
        let countries = countries.iter().filter_map(|entry| {
            let read = country(entry);
            if read.is_none() {
                let remedy = "must be two-letter countries, each with a number a day if you like: DE,US:50; or all";
                self.errors.add(COUNTRIES, remedy);
            }
            read
        });
        let countries = countries.collect();
        TextMessageSettings { way, daily_max, countries }
    }
}

/// `DE` or `DE:50`.
fn country(entry: &str) -> Option<(String, Option<u32>)> {
    let (country, most) = match entry.split_once(':') {
        Some((country, most)) => (country, Some(most.trim().parse().ok()?)),
        None => (entry, None),
    };
    let country = country.trim();
    (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| (country.to_owned(), most))
}

#[cfg(test)]
mod tests {
    use crate::platform::config::Variables;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> (TextMessageSettings, Vec<&'static str>) {
        let variables: Variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut reader = Reader::new(&variables);
        let settings = reader.text_messages();
        let wrong = [WAY, REGION, MOST, COUNTRIES].into_iter().filter(|name| reader.errors.names(name)).collect();
        (settings, wrong)
    }

    #[test]
    fn off_until_they_are_asked_for() {
        let way = |variables: &[(&str, &str)]| read(variables).0.way;
        let sns = |region: &str| TextMessageWay::Sns { region: region.to_owned() };
        assert_eq!(way(&[]), TextMessageWay::Off);
        assert_eq!(way(&[(WAY, "sns")]), sns("us-east-1"));
        assert_eq!(way(&[(REGION, "eu-central-1")]), sns("eu-central-1"));
        assert_eq!(way(&[(WAY, "off"), (REGION, "eu-central-1")]), TextMessageWay::Off);
        assert_eq!(way(&[(WAY, "log"), ("AURA_ENV", "development")]), TextMessageWay::Log);
        assert_eq!(read(&[]).0.daily_max, 200);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value) in [
            (WAY, "log"),
            (WAY, "twilio"),
            (REGION, "us east"),
            (REGION, "evil.example/"),
            (MOST, "many"),
            (MOST, "-1"),
            (COUNTRIES, "Germany"),
            (COUNTRIES, "DE,us"),
            (COUNTRIES, "DE:x"),
        ] {
            assert_eq!(read(&[(name, value)]).1, [name], "{value}");
        }
        let (settings, wrong) = read(&[(COUNTRIES, "DE, US:50"), (MOST, "0")]);
        assert!(wrong.is_empty() && settings.daily_max == 0);
        assert_eq!(settings.countries, [("DE".to_owned(), None), ("US".to_owned(), Some(50))]);
        assert!(read(&[(COUNTRIES, "all")]).0.countries.is_empty());
    }
}
