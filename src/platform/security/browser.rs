//! What a request tells of the browser that sent it, in words for its owner.

/// A word in the header, and what it stands for. The first that is found counts: many browsers name those that they
/// want to be taken for after themselves.
const BROWSERS: [(&str, &str); 16] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("YaBrowser/", "Yandex Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("GSA/", "Google app"),
    ("HeadlessChrome/", "Headless Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("AppleWebKit/", "A web view"),
    ("curl/", "curl"),
    ("okhttp/", "An app"),
];

const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("X11; Linux", "Linux"),
    ("Linux", "Linux"),
];

/// «Safari on macOS», from a `User-Agent` header. Nobody is to rely on it: a browser says there what it likes.
#[must_use]
pub fn browser_name(user_agent: &str) -> String {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(word, _)| user_agent.contains(word)).map(|&(_, name)| name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown browser".to_owned(),
    }
}

/// Whether it is one that is carried about.
#[must_use]
pub fn is_handheld(user_agent: &str) -> bool {
    ["iPhone", "iPad", "Android"].iter().any(|word| user_agent.contains(word))
}

/// A network address with its last part hidden: enough to recognise a place, too little to find a machine.
#[must_use]
pub fn shown_address(address: &str) -> String {
    if let Ok(ip) = address.parse::<std::net::Ipv4Addr>() {
        let [first, second, ..] = ip.octets();
        return format!("{first}.{second}.x.x");
    }
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(ip) if ip.is_loopback() => "this machine".to_owned(),
        Ok(ip) => {
            let [first, second, third, ..] = ip.segments();
            format!("{first:x}:{second:x}:{third:x}:x")
        }
        Err(_) => "an unknown address".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        let apple = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let table = [
            (format!("{apple} Version/18.1 Safari/605.1.15"), "Safari on macOS"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
                 Safari/537.36"
                    .to_owned(),
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
                 Safari/537.36 Edg/131.0.0.0"
                    .to_owned(),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(),
                "Firefox on Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(), "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36"
                    .to_owned(),
                "Samsung Internet on Android",
            ),
            ("curl/8.10.1".to_owned(), "curl"),
            ("".to_owned(), "An unknown browser"),
            ("<script>alert(1)</script>".to_owned(), "An unknown browser"),
        ];
        for (header, name) in table {
            assert_eq!(browser_name(&header), name, "{header}");
        }
        assert!(is_handheld("Mozilla/5.0 (iPad; CPU OS 18_1)") && !is_handheld(apple));
    }

    #[test]
    fn the_last_part_of_an_address_is_hidden() {
        let table = [
            ("193.136.24.7", "193.136.x.x"),
            ("2001:db8:12:3400::9", "2001:db8:12:x"),
            ("::1", "this machine"),
            ("", "an unknown address"),
            ("nonsense", "an unknown address"),
        ];
        for (address, shown) in table {
            assert_eq!(shown_address(address), shown);
        }
    }
}
