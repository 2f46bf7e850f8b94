//! What a handle may be: the name in `/@{handle}`.

/// The shortest and the longest handle.
pub const LENGTH: std::ops::RangeInclusive<usize> = 3..=30;

/// Why something cannot be a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleFault {
    Length,
    /// Other signs than a–z, 0–9 and the underscore. That leaves out every letter that merely looks like one of them.
    Signs,
    /// An underscore at an end.
    Ends,
    /// A word that belongs to Aura, or that would let somebody pass for it.
    Reserved,
}

impl HandleFault {
    /// What to do about it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Length => "A handle has 3 to 30 signs.",
            Self::Signs => "A handle is made of the letters a to z, digits and underscores, without accents or spaces.",
            Self::Ends => "A handle begins and ends with a letter or a digit.",
            Self::Reserved => "This handle belongs to Aura itself. Choose another.",
        }
    }
}

/// Words that stand in addresses of Aura, speak for it, or mean nobody. Compared without underscores and with digits
/// read as the letters they stand in for.
const RESERVED: &str = "\
    about abuse account accounts activity admin administrator api app apps assets aura auraapp aurahelp \
    aurasupport aurateam auth avatar avatars billing blog bot callback chat config connect connections contact \
    dashboard delete dev developer developers docs download email error everybody everyone explore export faq \
    feedback files fonts handle healthz help helpdesk home hostmaster icons images import info integrations invite \
    jobs legal login logout mail mailerdaemon manifest me metrics mod moderator music myself nobody noreply \
    notifications null official operator owner password payment payments pkg postmaster press pricing privacy \
    profile public readyz refresh register reset robots root search security self service session sessions \
    settings share signin signout signup sitemap somebody spotify staff static status stripe sudo support system \
    team teams terms test token trust undefined unsubscribe user username users verify verifyemail wallet webhook \
    webhooks webmaster wellknown www you";

/// The handle in its one form, lower case and without the `@` before it.
///
/// # Errors
/// When it cannot be one.
pub fn parse(typed: &str) -> Result<String, HandleFault> {
    let typed = typed.trim();
    let handle = typed.strip_prefix('@').unwrap_or(typed).to_ascii_lowercase();
    if !handle.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'_') {
        return Err(HandleFault::Signs);
    }
    if !LENGTH.contains(&handle.len()) {
        return Err(HandleFault::Length);
    }
    if handle.starts_with('_') || handle.ends_with('_') {
        return Err(HandleFault::Ends);
    }
    if is_reserved(&handle) { Err(HandleFault::Reserved) } else { Ok(handle) }
}

fn is_reserved(handle: &str) -> bool {
    let read = |one: char| {
        handle
            .chars()
            .filter(|sign| *sign != '_')
            .map(|sign| match sign {
                '0' => 'o',
                '1' => one,
                '3' => 'e',
                '4' => 'a',
                '5' => 's',
                other => other,
            })
            .collect::<String>()
    };
    [read('l'), read('i')].iter().any(|word| RESERVED.split(' ').any(|reserved| reserved == word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_handle_has_one_form() {
        for (typed, handle) in [("mira", "mira"), (" @Mira_O ", "mira_o"), ("a1b", "a1b"), ("MIRA_42", "mira_42")] {
            assert_eq!(parse(typed).as_deref(), Ok(handle), "{typed}");
        }
        assert_eq!(parse(&"a".repeat(30)).map(|handle| handle.len()), Ok(30));
    }

    #[test]
    fn what_is_no_handle_is_told_why() {
        for (typed, fault) in [
            ("", HandleFault::Length),
            ("mo", HandleFault::Length),
            (&*"a".repeat(31), HandleFault::Length),
            ("mira okafor", HandleFault::Signs),
            ("mira-okafor", HandleFault::Signs),
            ("míra", HandleFault::Signs),
            // Cyrillic, full-width, and a digit of another script.
            ("mirа", HandleFault::Signs),
            ("ｍｉｒａ", HandleFault::Signs),
            ("mira٣", HandleFault::Signs),
            ("mira\u{200b}", HandleFault::Signs),
            ("@@mira", HandleFault::Signs),
            ("mira/../x", HandleFault::Signs),
            ("_mira", HandleFault::Ends),
            ("mira_", HandleFault::Ends),
            ("Admin", HandleFault::Reserved),
            ("s_u_p_p_o_r_t", HandleFault::Reserved),
            ("adm1n", HandleFault::Reserved),
            ("b1ll1ng", HandleFault::Reserved),
            ("he1p", HandleFault::Reserved),
            ("supp0rt", HandleFault::Reserved),
            ("settings", HandleFault::Reserved),
        ] {
            assert_eq!(parse(typed), Err(fault), "{typed:?}");
        }
    }

    #[test]
    fn the_reserved_words_can_be_met() {
        for word in RESERVED.split(' ') {
            assert!(!word.is_empty() && word.bytes().all(|sign| sign.is_ascii_lowercase()), "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn every_handle_stands_unchanged_in_an_address(typed in any::<String>()) {
            if let Ok(handle) = parse(&typed) {
                prop_assert!(LENGTH.contains(&handle.len()));
                prop_assert_eq!(parse(&handle), Ok(handle.clone()));
                let address = url::Url::parse("https://aura.example/").unwrap().join(&format!("/@{handle}")).unwrap();
                prop_assert_eq!(address.path(), format!("/@{handle}"));
            }
        }
    }
}
