use super::*;

fn line(artists: &[&str], title: &str) -> Line {
    Line {
        title: title.to_owned(),
        artists: artists.iter().map(|artist| (*artist).to_owned()).collect(),
        source: "lastfm".to_owned(),
        ..Line::default()
    }
}

fn lines() -> Vec<Line> {
    let whole = Line {
        album: Some("Ænima & \"more\", <b>".to_owned()),
        duration_ms: Some(371_234),
        isrc: Some("GBAYE7500101".to_owned()),
        ..line(&["Earth, Wind & Fire", "The Emotions"], "Boogie; \"Wonderland\" - 'Live'")
    };
    vec![
        whole.clone(),
        line(&["=cmd|' /C calc'!A0"], "+1"),
        line(&["-M-", "@home"], "@SUM(1+1)*cmd"),
        line(&["'"], "'=1+1"),
        line(&["a;b\\", "c\\;d"], "'Heroes'"),
        line(&["宇多田ヒカル", "فيروز"], "😀 ]]> &amp; #1"),
        line(&["#1"], "http://x/../y: z"),
        // The same once more stays.
        whole,
    ]
}

#[test]
fn m_24_each_format_reads_back_to_the_same_lines() {
    for format in Format::ALL {
        let written = write(format, "Evenings & «more»", &lines()).unwrap();
        let read = read(&written).unwrap();
        assert_eq!(read.lines, lines(), "{format:?}");
        let named = if format == Format::Csv { "" } else { "Evenings & «more»" };
        assert_eq!(read.name, named, "{format:?}");
    }
}

#[test]
fn mu_84_no_cell_of_a_table_is_a_formula() {
    let written = write(Format::Csv, "", &lines()).unwrap();
    let mut reader = csv::Reader::from_reader(written.as_slice());
    let cells: Vec<String> =
        reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(cells.iter().any(|cell| cell == "'+1"));
    for cell in cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
}

#[test]
fn what_others_write_is_read() {
    let exported =
        "Track URI,Track Name,Artist Name(s),Album Name,Duration (ms),ISRC\nx,Song,One;Two,Record,61000,DEA123456789\n";
    let xspf = "<playlist xmlns=\"http://xspf.org/ns/0/\"><title>T</title><trackList><track><title>Song</title><creator>One</creator></track></trackList></playlist>";
    let m3u = "#EXTM3U\n#EXTINF:61,One - Song\nmusic/song.mp3\n";
    let told = |bytes: &str| {
        let line = read(bytes.as_bytes()).unwrap().lines.pop().unwrap();
        (line.artists.join("+"), line.title, line.duration_ms)
    };
    assert_eq!(told(exported), ("One+Two".to_owned(), "Song".to_owned(), Some(61_000)));
    assert_eq!(told(xspf), ("One".to_owned(), "Song".to_owned(), None));
    assert_eq!(told(m3u), ("One".to_owned(), "Song".to_owned(), Some(61_000)));
    assert_eq!(told("[{\"artist\": \"One\", \"title\": \"Song\"}]"), ("One".to_owned(), "Song".to_owned(), None));
    let typed = typed("1. One - Song\nnothing\n12) Two – A - B\n\nThree\tC\n");
    let names: Vec<_> = typed.iter().map(|line| (line.artists[0].as_str(), line.title.as_str())).collect();
    assert_eq!(names, [("One", "Song"), ("Two", "A - B"), ("Three", "C")]);
    assert!(read(b"<!DOCTYPE x [<!ENTITY a \"b\">]><playlist><title>&a;</title></playlist>").is_err());
}
