use crate::kit::time::Timestamp;

/// How long ago a moment was, against the server's time, so that server and browser say the same.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    let minutes = (now.0 - moment.0).max(0) / 60_000;
    let counted = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match minutes {
        0 => "just now".to_owned(),
        1..60 => counted(minutes, "minute"),
        60..1_440 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_largest_whole_unit() {
        let minute = 60_000;
        let table = [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (59 * 60, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (86_400 * 3, "3 days ago"),
        ];
        for (seconds, words) in table {
            assert_eq!(ago(Timestamp(0), Timestamp(seconds * minute / 60)), words);
        }
    }
}
