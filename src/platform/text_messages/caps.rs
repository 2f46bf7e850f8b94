use crate::platform::config::TextMessageSettings;

/// How many messages a country may get in a day; `None`: none at all.
///
/// A country that is listed with a number has that one, one without a number the whole day's. Where no countries are
/// listed each may have a quarter of the day's: numbers that cost a lot are of a few countries, and whoever earns by them
/// asks for many.
pub(super) fn of_country(settings: &TextMessageSettings, country: &str) -> Option<u32> {
    if settings.countries.is_empty() {
        return Some(settings.daily_max.div_ceil(4));
    }
    let (_, own) = settings.countries.iter().find(|(listed, _)| listed == country)?;
    Some(own.map_or(settings.daily_max, |own| own.min(settings.daily_max)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::TextMessageWay;

    #[test]
    fn countries_have_caps_of_their_own() {
        let settings = |countries: &[(&str, Option<u32>)]| TextMessageSettings {
            way: TextMessageWay::Off,
            daily_max: 10,
            countries: countries.iter().map(|(country, own)| ((*country).to_owned(), *own)).collect(),
        };
        assert_eq!(of_country(&settings(&[]), "DE"), Some(3));
        let listed = settings(&[("DE", None), ("US", Some(4)), ("FR", Some(90))]);
        assert_eq!(
            ["DE", "US", "FR", "CU"].map(|country| of_country(&listed, country)),
            [Some(10), Some(4), Some(10), None]
        );
    }
}
