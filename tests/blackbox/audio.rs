//! `GET /calls/:id/audio`: the recording as a client downloads, decodes and resumes it.

use std::io::Cursor;

use crate::support::contract::{self, Asked};
use crate::support::{Answer, Server, settings};
use akol_mock::Settings;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

/// The recording of the documentation's example: 88 seconds of WAV, 8,000 samples of 2 bytes a second, after 44 bytes.
const EXAMPLE: &str = "/api/v1/calls/call_xxx/audio";
const EXAMPLE_LENGTH: usize = 44 + 88 * 16_000;

fn audio_of(id: &str) -> String {
    format!("/api/v1/calls/{id}/audio")
}

async fn record_as(server: &Server, recording: &str) {
    let change = json!({"recording": recording});
    assert_eq!(server.send_json(Method::PATCH, "/__admin/campaigns/cmp_xxx", change).await.status, StatusCode::OK);
}

/// A call that has ended, recorded in that format, and its `durationSeconds`.
async fn recorded(server: &Server, recording: &str, number: &str) -> (String, u64) {
    record_as(server, recording).await;
    let id = server.place(number).await;
    server.advance_secs(300).await;
    let seconds = server.call(&id).await["durationSeconds"].as_u64().unwrap();
    assert!(seconds > 0);
    (id, seconds)
}

async fn get_with(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(server.request(method, path), |request, (name, value)| request.header(*name, *value));
    server.send(request.body(Full::default()).unwrap()).await
}

async fn get_range(server: &Server, range: &str) -> Answer {
    get_with(server, Method::GET, EXAMPLE, &[("range", range)]).await
}

/// How many seconds of sound a decoder finds, and whether there is anything to hear.
fn decode(file: &Bytes) -> (f64, bool) {
    let source = MediaSourceStream::new(Box::new(Cursor::new(file.clone())), Default::default());
    let mut file =
        symphonia::default::get_probe().probe(&Hint::new(), source, Default::default(), Default::default()).unwrap();
    let track = file.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap();
    let rate = f64::from(parameters.sample_rate.unwrap());
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()).unwrap();
    let (mut count, mut is_heard, mut some) = (0, false, Vec::<f32>::new());
    while let Some(packet) = file.next_packet().unwrap() {
        let decoded = decoder.decode(&packet).unwrap();
        some.resize(decoded.samples_interleaved(), 0.0);
        decoded.copy_to_slice_interleaved(&mut some);
        count += some.len();
        is_heard |= some.iter().any(|sample| sample.abs() > 0.05);
    }
    (count as f64 / rate, is_heard)
}

#[tokio::test]
async fn wav_and_mp3_come_with_their_headers_and_decode_to_the_calls_length() {
    let server = Server::start().await;
    for number in ["+15005550100", "+15005550101", "+15005550102", "+15005550103"] {
        for (recording, content_type) in [("wav", "audio/wav"), ("mp3", "audio/mp3")] {
            let (id, seconds) = recorded(&server, recording, number).await;
            let answer = server.get(&audio_of(&id)).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("content-type"), content_type);
            assert_eq!(answer.header("accept-ranges"), "bytes");
            assert_eq!(answer.header("content-length"), answer.body.len().to_string());
            assert!(!answer.headers.contains_key("content-range"));
            assert!(!answer.header("x-request-id").is_empty());
            let etag = answer.header("etag");
            assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
            let (length, is_heard) = decode(&answer.body);
            assert!((length - seconds as f64).abs() < 0.1, "{number} {recording}: {length} s of {seconds}");
            assert!(is_heard, "{number} {recording}");
        }
    }
}

#[tokio::test]
async fn each_line_is_heard_and_the_pause_before_it_is_not() {
    let server = Server::start().await;
    let campaigns = server.get("/__admin/campaigns").await.data();
    let mut lines_heard = 0;
    for campaign in campaigns.as_array().unwrap().iter().filter(|campaign| campaign["recording"] == "wav") {
        let path = format!("/api/v1/calls?limit=10&campaignId={}", campaign["id"].as_str().unwrap());
        let calls = server.get(&path).await.data();
        for call in calls.as_array().unwrap().iter().filter(|call| call["transcript"] != json!([])) {
            let wav = server.get(&audio_of(call["id"].as_str().unwrap())).await.body;
            let is_silent = |from: usize, to: usize| wav[44 + from * 16..44 + to * 16].iter().all(|byte| *byte == 0);
            let lines = call["transcript"].as_array().unwrap();
            let starts = lines.iter().map(|line| line["timestamp"].as_u64().unwrap() as usize);
            let starts: Vec<usize> = starts.chain([(wav.len() - 44) / 16]).collect();
            for (line, span) in lines.iter().zip(starts.windows(2)).filter(|(_, span)| span[1] - span[0] > 700) {
                assert!(!is_silent(span[0], span[1]), "silence in {line} of {}", call["id"]);
                assert!(is_silent(span[1] - 40, span[1]), "sound right after {line} of {}", call["id"]);
                lines_heard += 1;
            }
        }
    }
    assert!(lines_heard > 200, "{lines_heard}");
}

#[tokio::test]
async fn the_example_is_as_long_as_it_says() {
    let server = Server::start().await;
    let answer = server.get(EXAMPLE).await;
    assert_eq!(answer.body.len(), EXAMPLE_LENGTH);
    assert_eq!(answer.header("content-length"), EXAMPLE_LENGTH.to_string());
    assert_eq!(server.get("/api/calls/call_xxx/audio").await.body, answer.body);
}

#[tokio::test]
async fn the_same_bytes_come_each_time_and_from_another_server() {
    let [one, other] = [Server::start().await, Server::start().await];
    for recording in ["wav", "mp3"] {
        let (id, _) = recorded(&one, recording, "+15005550100").await;
        assert_eq!(recorded(&other, recording, "+15005550100").await.0, id);
        let first = one.get(&audio_of(&id)).await;
        for server in [&one, &other] {
            let again = server.get(&audio_of(&id)).await;
            assert!(again.body == first.body);
            assert_eq!(again.header("etag"), first.header("etag"));
        }
    }
}

#[tokio::test]
async fn different_recordings_have_different_tags() {
    let server = Server::start().await;
    let (id, _) = recorded(&server, "wav", "+15005550100").await;
    let (other, _) = recorded(&server, "wav", "+15005550100").await;
    let wav = server.get(&audio_of(&id)).await;
    assert_ne!(wav.header("etag"), server.get(&audio_of(&other)).await.header("etag"));
    record_as(&server, "mp3").await;
    assert_ne!(wav.header("etag"), server.get(&audio_of(&id)).await.header("etag"));
}

#[tokio::test]
async fn where_there_is_no_recording_the_404_says_why() {
    let server = Server::start().await;
    let refused = async |id: &str| {
        let answer = server.get(&audio_of(id)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.header("content-type"), "application/json");
        answer.error()
    };
    let id = server.place("+15005550107").await;
    assert!(refused(&id).await.contains("not ended"));
    server.advance_secs(60).await;
    assert_eq!(server.call(&id).await["status"], "IN_PROGRESS");
    assert!(refused(&id).await.contains("not ended"));
    let unanswered = server.place("+15005550104").await;
    let canceled = server.place("+15005550108").await;
    server.post(&format!("/api/v1/calls/{canceled}/end"), json!({})).await.data();
    server.advance_secs(60).await;
    assert!(refused(&unanswered).await.contains("never answered"));
    assert!(refused(&canceled).await.contains("never answered"));
    record_as(&server, "off").await;
    assert!(refused("call_xxx").await.contains("off"));
    assert!(refused("call_nobody").await.contains("call_nobody"));
    record_as(&server, "wav").await;
    assert_eq!(server.get(EXAMPLE).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_call_that_is_ended_as_it_is_answered_has_an_empty_recording() {
    let server = Server::start().await;
    let body = json!({"direction": "inbound", "scenario": "endless", "campaignId": "cmp_xxx"});
    let id = server.post("/__admin/calls", body).await.data()["id"].as_str().unwrap().to_owned();
    let ended = server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
    assert_eq!(ended["durationSeconds"], 0);
    let answer = server.get(&audio_of(&id)).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 44));
}

#[tokio::test]
async fn a_single_range_is_that_part_of_the_whole() {
    let server = Server::start().await;
    let whole = server.get(EXAMPLE).await.body;
    let end = EXAMPLE_LENGTH;
    for (range, part) in [
        ("bytes=0-43", 0..44),
        ("bytes=44-", 44..end),
        ("bytes=-1000", end - 1000..end),
        ("bytes=1000-1000", 1000..1001),
        ("bytes=700000-99999999999999999999999", 700_000..end),
        ("bytes=-99999999999", 0..end),
        ("Bytes=40-50", 40..51),
    ] {
        let answer = get_range(&server, range).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert!(answer.body == whole[part.clone()], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{end}", part.start, part.end - 1));
        assert_eq!(answer.header("content-length"), part.len().to_string());
        assert_eq!(answer.header("content-type"), "audio/wav");
        assert!(!answer.header("etag").is_empty());
    }
}

/// The parts of a `multipart/byteranges` body: each part's `Content-Range`, and its bytes.
fn parts(answer: &Answer) -> Vec<(String, Bytes)> {
    let boundary = answer.header("content-type").strip_prefix("multipart/byteranges; boundary=").unwrap();
    let find = |bytes: &[u8], what: &str| bytes.windows(what.len()).position(|window| window == what.as_bytes());
    let mut rest = answer.body.clone();
    let mut parts = Vec::new();
    loop {
        let begin = find(&rest, &format!("--{boundary}")).unwrap() + 2 + boundary.len();
        rest = rest.slice(begin..);
        if rest.starts_with(b"--") {
            assert_eq!(&rest[..], b"--\r\n", "the end of the last part is the end of all");
            return parts;
        }
        let body_at = find(&rest, "\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(rest[..body_at].to_vec()).unwrap();
        assert!(head.contains("\r\nContent-Type: audio/wav\r\n"), "{head}");
        let content_range = head.split("\r\nContent-Range: ").nth(1).unwrap().trim_end().to_owned();
        let end = find(&rest, &format!("\r\n--{boundary}")).unwrap();
        parts.push((content_range, rest.slice(body_at..end)));
    }
}

#[tokio::test]
async fn several_ranges_come_as_a_multipart_in_the_order_asked_for() {
    let server = Server::start().await;
    let whole = server.get(EXAMPLE).await.body;
    let end = EXAMPLE_LENGTH;
    let answer = get_range(&server, "bytes=500000-500099, 0-3,-20").await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert!(!answer.headers.contains_key("content-range"), "each part has its own");
    let expected = [500_000..500_100, 0..4, end - 20..end]
        .map(|part| (format!("bytes {}-{}/{end}", part.start, part.end - 1), whole.slice(part)));
    assert_eq!(parts(&answer), expected);

    // What lies past the end is left out.
    let answer = get_range(&server, "bytes=99999999-, 5-6, 8-9").await;
    assert_eq!(parts(&answer).len(), 2);
}

#[tokio::test]
async fn what_lies_past_the_end_is_a_416_that_says_where_the_end_is() {
    let server = Server::start().await;
    for range in [format!("bytes={EXAMPLE_LENGTH}-"), "bytes=-0".to_owned(), "bytes=99999999-,88888888-".to_owned()] {
        let answer = get_range(&server, &range).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes */{EXAMPLE_LENGTH}"));
        assert!(answer.error().contains(&EXAMPLE_LENGTH.to_string()), "{}", answer.error());
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(answer.body.len() < 500);
    }
}

#[tokio::test]
async fn what_is_no_range_is_ignored() {
    let server = Server::start().await;
    for range in ["bytes", "bytes=", "bytes=x-y", "bytes=9-5", "seconds=0-1", "bytes=0-1,5-x", "bytes=--5", "bytes=1"] {
        let answer = get_range(&server, range).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, EXAMPLE_LENGTH), "{range}");
        assert!(!answer.headers.contains_key("content-range"));
    }
}

#[tokio::test]
async fn a_download_is_resumed_only_if_the_recording_is_still_the_same() {
    let server = Server::start().await;
    let etag = server.get(EXAMPLE).await.header("etag").to_owned();
    let resume =
        async |tag: &str| get_with(&server, Method::GET, EXAMPLE, &[("range", "bytes=1000-"), ("if-range", tag)]).await;
    let resumed = resume(&etag).await;
    assert_eq!((resumed.status, resumed.body.len()), (StatusCode::PARTIAL_CONTENT, EXAMPLE_LENGTH - 1000));
    for other in ["\"other\"", &format!("W/{etag}"), "Sun, 22 Nov 2026 12:00:00 GMT"] {
        let whole = resume(other).await;
        assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, EXAMPLE_LENGTH), "{other}");
    }
    record_as(&server, "mp3").await;
    let other_format = resume(&etag).await;
    assert_eq!((other_format.status, other_format.header("content-type")), (StatusCode::OK, "audio/mp3"));
}

#[tokio::test]
async fn who_wants_only_the_very_same_recording_is_told_if_it_is_another() {
    let server = Server::start().await;
    let etag = server.get(EXAMPLE).await.header("etag").to_owned();
    assert_eq!(get_with(&server, Method::GET, EXAMPLE, &[("if-match", &etag)]).await.status, StatusCode::OK);
    assert_eq!(get_with(&server, Method::GET, EXAMPLE, &[("if-match", "*")]).await.status, StatusCode::OK);
    let weak = get_with(&server, Method::GET, EXAMPLE, &[("if-match", &format!("W/{etag}"))]).await;
    assert_eq!(weak.status, StatusCode::PRECONDITION_FAILED, "a weak tag says nothing of bytes");
    let other = get_with(&server, Method::GET, EXAMPLE, &[("if-match", "\"other\"")]).await;
    assert_eq!(other.status, StatusCode::PRECONDITION_FAILED);
    assert!(other.error().contains("If-Match"), "{}", other.error());
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let server = Server::start().await;
    let etag = server.get(EXAMPLE).await.header("etag").to_owned();
    for tags in [etag.clone(), format!("\"a\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        for method in [Method::GET, Method::HEAD] {
            let headers = [("if-none-match", tags.as_str()), ("range", "bytes=0-9")];
            let answer = get_with(&server, method, EXAMPLE, &headers).await;
            assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0), "{tags}");
            assert_eq!(answer.header("etag"), etag);
            assert!(!answer.headers.contains_key("content-type"));
            let length = answer.header("content-length");
            assert!(
                length.is_empty() || length == EXAMPLE_LENGTH.to_string(),
                "the length of what a 200 has: {length}"
            );
        }
    }
    let two_lines = [("if-none-match", "\"other\""), ("if-none-match", &etag)];
    assert_eq!(get_with(&server, Method::GET, EXAMPLE, &two_lines).await.status, StatusCode::NOT_MODIFIED);
    let answer = get_with(&server, Method::GET, EXAMPLE, &two_lines[..1]).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, EXAMPLE_LENGTH));
}

#[tokio::test]
async fn head_tells_everything_but_the_bytes_and_knows_no_ranges() {
    let server = Server::start().await;
    let get = server.get(EXAMPLE).await;
    for headers in [&[][..], &[("range", "bytes=0-9")], &[("range", "bytes=99999999-")]] {
        let head = get_with(&server, Method::HEAD, EXAMPLE, headers).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{headers:?}");
        assert!(!head.headers.contains_key("content-range"));
        for name in ["content-type", "content-length", "etag", "accept-ranges"] {
            assert_eq!(head.header(name), get.header(name), "{name} with {headers:?}");
        }
    }
    let id = server.place("+15005550104").await;
    assert_eq!(get_with(&server, Method::HEAD, &audio_of(&id), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_long_recording_is_made_as_it_is_read() {
    let server = Server::with(Settings { calls: 0, ..settings() }).await;
    let id = server.place("+15005550107").await;
    server.advance_secs(25 * 60).await;
    server.post(&format!("/api/v1/calls/{id}/end"), json!({})).await.data();
    let seconds = server.call(&id).await["durationSeconds"].as_u64().unwrap();
    assert!((1_480..1_500).contains(&seconds), "{seconds}");

    // Read in full, it comes in many pieces, of which none is large.
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = || server.request(Method::GET, &audio_of(&id)).body(Full::<Bytes>::default()).unwrap();
    let answer = client.request(request()).await.unwrap();
    let asked = Asked::new(&request().into_parts().0, Bytes::new());
    contract::check_head(&asked, answer.status(), answer.headers());
    let mut body = answer.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        length += piece.len() as u64;
        assert!(piece.len() < 1 << 20);
    }
    assert_eq!(length, 44 + seconds * 16_000);

    // Left after its beginning, it harms nobody.
    for _ in 0..20 {
        let mut body = client.request(request()).await.unwrap().into_body();
        assert!(body.frame().await.unwrap().unwrap().into_data().unwrap().starts_with(b"RIFF"));
    }
    let last = get_with(&server, Method::GET, &audio_of(&id), &[("range", "bytes=-2")]).await;
    assert_eq!(last.header("content-range"), format!("bytes {}-{}/{length}", length - 2, length - 1));
}
