//! `GET /calls`: pages, and what else a query can say.

use crate::support::{Server, settings};
use akol_mock::Settings;
use hyper::StatusCode;
use serde_json::json;

#[tokio::test]
async fn without_parameters_there_are_twenty_calls_of_the_first_page() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/calls").await;
    assert_eq!(answer.data().as_array().unwrap().len(), 20);
    let expected = r#","pagination":{"page":1,"limit":20,"total":201,"totalPages":11,"hasNext":true,"hasPrev":false}}"#;
    let body = std::str::from_utf8(&answer.body).unwrap();
    assert!(body.starts_with(r#"{"success":true,"data":[{"id":"call_"#), "{body}");
    assert!(body.ends_with(expected), "{body}");
}

#[tokio::test]
async fn pages_of_any_size_make_up_the_list_without_gap_or_repetition() {
    let server = Server::with(Settings { calls: 119, ..settings() }).await;
    for to in ["+15551230001", "+15551230002", "+15551230003"] {
        server.place(to).await;
    }
    let all = server.all_calls().await;
    assert_eq!(all.len(), 123);
    for limit in [1, 2, 7, 40, 41, 61, 99, 100] {
        let pages = all.len().div_ceil(limit);
        for (position, expected) in all.chunks(limit).enumerate() {
            let page = position + 1;
            let answer = server.get(&format!("/api/v1/calls?page={page}&limit={limit}")).await;
            assert_eq!(answer.data().as_array().unwrap(), expected);
            let pagination = json!({
                "page": page, "limit": limit, "total": 123, "totalPages": pages,
                "hasNext": page < pages, "hasPrev": page > 1,
            });
            assert_eq!(answer.json()["pagination"], pagination);
        }
    }
}

#[tokio::test]
async fn a_page_past_the_end_is_empty_however_far() {
    let server = Server::start().await;
    for (page, limit) in [(12_u64, 20), (4, 100), (1_000_000, 1), (u64::from(u32::MAX) + 2, 100), ((1 << 53) - 1, 100)]
    {
        let answer = server.get(&format!("/api/v1/calls?page={page}&limit={limit}")).await;
        assert_eq!(answer.data(), json!([]), "page {page}");
        let pagination = &answer.json()["pagination"];
        assert_eq!((&pagination["page"], &pagination["total"]), (&json!(page), &json!(201)));
        assert_eq!((&pagination["hasNext"], &pagination["hasPrev"]), (&json!(false), &json!(true)));
    }
}

#[tokio::test]
async fn an_empty_list_has_no_pages() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/calls?businessId=biz_nobody").await;
    let pagination = json!({"page": 1, "limit": 20, "total": 0, "totalPages": 0, "hasNext": false, "hasPrev": false});
    assert_eq!(answer.json(), json!({"success": true, "data": [], "pagination": pagination}));
}

#[tokio::test]
async fn page_and_limit_out_of_range_are_refused_by_name() {
    let server = Server::start().await;
    for (field, values) in [
        (
            "page",
            ["0", "-1", "1.5", "one", "", "9007199254740992", "99999999999999999999999", "0x1", "%EF%BC%91", "1+"],
        ),
        ("limit", ["0", "101", "-20", "20.0", "all", "", "1e2", "18446744073709551616", "%2B5", "NaN"]),
    ] {
        for value in values {
            let answer = server.get(&format!("/api/v1/calls?{field}={value}")).await;
            assert_eq!(answer.fields(), [field], "{field}={value}");
            assert!(answer.error().contains("from 1 to "), "names the range: {}", answer.error());
        }
    }
    for limit in ["1", "100"] {
        assert_eq!(server.get(&format!("/api/v1/calls?limit={limit}")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let server = Server::start().await;
    let query = "page=0&limit=101&direction=up&status=ringing&outcome=won&sentiment=sad&startDate=then&endDate=now";
    let fields = server.get(&format!("/api/v1/calls?{query}")).await.fields();
    assert_eq!(fields, ["page", "limit", "direction", "status", "outcome", "sentiment", "startDate", "endDate"]);
}

const ALL: [&str; 12] = [
    "page",
    "limit",
    "direction",
    "status",
    "outcome",
    "sentiment",
    "businessId",
    "campaignId",
    "agentId",
    "phoneNumberId",
    "startDate",
    "endDate",
];

#[tokio::test]
async fn a_parameter_that_is_given_twice_is_refused_by_name() {
    let server = Server::start().await;
    for name in ALL {
        for query in [format!("{name}=1&{name}=1"), format!("{name}=1&x=2&{name}="), format!("{name}&{name}")] {
            let answer = server.get(&format!("/api/v1/calls?{query}")).await;
            assert_eq!(answer.fields(), [name], "{query}");
            assert!(answer.error().contains("more than once"), "{}", answer.error());
        }
    }
}

#[tokio::test]
async fn a_parameter_without_a_value_is_refused_by_name() {
    let server = Server::start().await;
    for name in ALL {
        for query in [format!("{name}="), name.to_owned()] {
            assert_eq!(server.get(&format!("/api/v1/calls?{query}")).await.fields(), [name], "{query}");
        }
    }
}

#[tokio::test]
async fn an_unknown_word_is_refused_with_those_that_would_do() {
    let server = Server::start().await;
    for (field, accepted) in [
        ("direction", "inbound or outbound"),
        ("status", "RINGING, IN_PROGRESS, COMPLETED, FAILED or VOICEMAIL"),
        ("outcome", "completed, transferred, voicemail_left, hung_up, no_answer, busy, failed or canceled"),
        ("sentiment", "positive, neutral or negative"),
    ] {
        for value in ["nonsense", "Inbound", "completed%20", "RINGING,FAILED"] {
            let answer = server.get(&format!("/api/v1/calls?{field}={value}")).await;
            assert_eq!(answer.fields(), [field]);
            assert!(answer.error().contains(accepted), "{}", answer.error());
        }
    }
}

#[tokio::test]
async fn an_unknown_parameter_is_ignored() {
    let server = Server::start().await;
    let plain = server.get("/api/v1/calls?limit=5").await;
    for query in ["sort=asc", "Page=0", "x=1&x=2", "%D1%84=%D1%84", "=", "&&&", "status[]=RINGING", "offset=3&cursor="]
    {
        assert_eq!(server.get(&format!("/api/v1/calls?limit=5&{query}")).await.body, plain.body, "{query}");
    }
}

#[tokio::test]
async fn names_and_values_may_be_percent_encoded() {
    let server = Server::start().await;
    let plain = server.get("/api/v1/calls?status=COMPLETED&businessId=biz_xxx").await;
    let encoded = server.get("/api/calls?%73tatus=%43OMPLETED&business%49d=biz%5Fxxx").await;
    assert_eq!(plain.body, encoded.body);
    assert_eq!(plain.json()["pagination"]["total"], 1);
}
