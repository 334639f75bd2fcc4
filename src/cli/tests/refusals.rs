//! The messages, word for word.

use super::Scene;

#[test]
fn a_refused_value_is_named_with_its_place_and_what_is_accepted() {
    let takes = "it takes a whole number from 0 to 10,000,000";
    assert_eq!(
        Scene::args("--calls ten").refusal(),
        format!("error: --calls does not take \"ten\", given on the command line; {takes}")
    );
    assert_eq!(
        Scene::env("AKOL_MOCK_CALLS", "ten").refusal(),
        format!("error: --calls does not take \"ten\", given in environment variable AKOL_MOCK_CALLS; {takes}")
    );
    assert_eq!(
        Scene::file("seed = 1\n\ncalls = 'ten'").refusal(),
        format!("error: --calls does not take \"ten\", given in file mock.toml, line 3; {takes}")
    );
    assert_eq!(
        Scene::file("calls = -1").refusal(),
        format!("error: --calls does not take \"-1\", given in file mock.toml, line 1; {takes}")
    );
}

#[test]
fn every_kind_of_value_says_what_it_accepts() {
    for (line, message) in [
        (
            "--listen mock:80",
            "--listen does not take \"mock:80\", given on the command line; it takes an IP address and a port, such as \
             127.0.0.1:2565, 0.0.0.0:2565 or [::1]:2565, or a port alone",
        ),
        (
            "--seed x",
            "--seed does not take \"x\", given on the command line; it takes a whole number from 0 to \
             18,446,744,073,709,551,615",
        ),
        (
            "--start-time now",
            "--start-time does not take \"now\", given on the command line; it takes an ISO-8601 instant with Z or an offset, or a date, of the \
             years 2000 to 2100, such as 2026-04-18T14:21:42Z, or 2026-04-18 for its midnight, UTC",
        ),
        (
            "--speed fast",
            "--speed does not take \"fast\", given on the command line; it takes a number from 0.001 to 1,000,000 with up to \
             3 decimals, such as 1, 0.5 or 60",
        ),
        (
            "--max-workspaces 1",
            "--max-workspaces does not take \"1\", given on the command line; it takes a whole number from 2 to 1,000,000, \
             or off",
        ),
        (
            "--journal-size all",
            "--journal-size does not take \"all\", given on the command line; it takes a whole number from 0 to 1,000,000",
        ),
        (
            "--admin-origin http://localhost:3000/",
            "--admin-origin does not take \"http://localhost:3000/\", given on the command line: an origin has nothing after \
             host and port, not even a slash; it takes http:// or https://, a host, and a port unless it is the scheme's \
             own, such as http://localhost:3000; or *",
        ),
        (
            "--fixtures nowhere",
            "--fixtures does not take \"nowhere\", given on the command line: there is no such folder; it takes the \
             path of a folder",
        ),
        (
            "--rate-limit 0",
            "--rate-limit does not take \"0\", given on the command line; it takes a whole number of requests a minute \
             from 1 to 1,000,000,000, or off",
        ),
        (
            "--minute-limit -1",
            "--minute-limit does not take \"-1\", given on the command line; it takes a whole number of minutes a month \
             from 0, or off",
        ),
        (
            "--overage yes",
            "--overage does not take \"yes\", given on the command line; it takes on or off (or true or false)",
        ),
        (
            "--webhook-url ftp://x",
            "--webhook-url does not take \"ftp://x\", given on the command line: it must start with http:// or https://; \
             it takes an http or https URL with a host, such as http://127.0.0.1:8080/hooks",
        ),
        (
            "--webhook-events call.ended,call.started,call.miss",
            "--webhook-events does not take \"call.miss\", given on the command line; it takes * or any of \
             call.started, call.ended, call.transferred, call.voicemail, call.completed, call.missed, call.failed, \
             transcript.ready and summary.ready, with commas between them; did you mean \"call.missed\"?",
        ),
        (
            "--webhook-retries 1s,25h",
            "--webhook-retries does not take \"25h\", given on the command line; it takes up to 20 durations of 1ms to \
             24h, such as 500ms, 1s, 2m, 1h or PT2M, with commas between them; off, or \"\" on the command line and in the \
             file, for no further try",
        ),
        (
            "--webhook-secret=",
            "--webhook-secret does not take that value (not shown, it is a secret), given on the command line; it takes \
             visible ASCII characters without spaces, at least one",
        ),
        (
            "--admin-token=",
            "--admin-token does not take that value (not shown, it is a secret), given on the command line; it takes \
             visible ASCII characters without spaces, at least one",
        ),
        (
            "healthcheck --url http://me:hush@mock",
            "--url does not take \"http://…@mock\", given on the command line: a user name or password would not be sent; \
             leave out what stands before the @; it takes the http URL of a server, such as http://127.0.0.1:2565",
        ),
        (
            "--webhook-url http://me:hush@mock",
            "--webhook-url does not take \"http://…@mock\", given on the command line: a user name or password would not be \
             sent; leave out what stands before the @; it takes an http or https URL with a host, such as \
             http://127.0.0.1:8080/hooks",
        ),
        (
            "healthcheck --url https://mock",
            "--url does not take \"https://mock\", given on the command line; it takes the http URL of a server, such \
             as http://127.0.0.1:2565",
        ),
        (
            "healthcheck --timeout 30",
            "--timeout does not take \"30\", given on the command line; it takes a duration such as 500ms, 30s or 2m, \
             up to 24h",
        ),
        (
            "--config elsewhere.toml",
            "--config does not take \"elsewhere.toml\", given on the command line: entity not found; it takes the path \
             of a TOML file",
        ),
    ] {
        assert_eq!(Scene::args(line).refusal(), format!("error: {message}"));
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    for (option, given, accepts, meant) in [
        ("auth", "strcit", "any, off or strict", "strict"),
        ("profile", "Production", "lenient or production", "production"),
        ("clock", "manuel", "real or manual", "manual"),
        ("log-format", "jsn", "pretty, json or off", "json"),
        ("webhook-signature", "standart", "akol, standard or both", "standard"),
        ("overage", "ture", "on or off (or true or false)", "true"),
    ] {
        assert_eq!(
            Scene::args(&format!("--{option} {given}")).refusal(),
            format!(
                "error: --{option} does not take \"{given}\", given on the command line; it takes {accepts}; \
                 did you mean \"{meant}\"?"
            )
        );
    }
}

#[test]
fn options_that_contradict_each_other_are_both_named() {
    for (scene, message) in [
        (
            Scene::args("--token a"),
            "--token, given on the command line, has no effect with --auth any, the default; take --auth strict, or \
             leave the tokens out",
        ),
        (
            Scene::file("token = 'a'").and_env("AKOL_MOCK_AUTH", "off"),
            "--token, given in file mock.toml, line 1, has no effect with --auth off, given in environment variable \
             AKOL_MOCK_AUTH; take --auth strict, or leave the tokens out",
        ),
        (
            Scene::env("AKOL_MOCK_AUTH", "strict"),
            "--auth strict, given in environment variable AKOL_MOCK_AUTH, has no token to accept; give one with \
             --token, or take --auth any",
        ),
        (
            Scene::args("--auth strict --token alice --token expired"),
            "--token expired can never be accepted: that token is always refused, so that clients can be tested with it; take \
             another",
        ),
        (
            Scene::file("profile = 'production'").and_args("--webhook-url http://example.com"),
            "--webhook-url \"http://example.com\", given on the command line, does not go with --profile production, \
             given in file mock.toml, line 1: the production profile sends to https:// only; give an https URL of a \
             public host, or take --profile lenient",
        ),
        (
            Scene::args("--profile production --webhook-url https://10.0.0.1"),
            "--webhook-url \"https://10.0.0.1\", given on the command line, does not go with --profile production, \
             given on the command line: the production profile sends to public addresses only; give an https URL of a public host, or take --profile \
             lenient",
        ),
        (
            Scene::file("clock = 'manual'").and_args("--speed 60"),
            "--speed 60, given on the command line, has no effect with --clock manual, given in file mock.toml, line 1; take \
             --clock real, or leave the speed out",
        ),
        (
            Scene::env("AKOL_MOCK_WEBHOOK_SECRET", "hush").and_args("--webhook-signature standard"),
            "--webhook-secret (not shown, it is a secret), given in environment variable AKOL_MOCK_WEBHOOK_SECRET, does \
             not go with --webhook-signature standard, given on the command line: it does not begin with whsec_; give \
             whsec_ and the base64 of 24 to 64 bytes, or take --webhook-signature akol",
        ),
    ] {
        assert_eq!(scene.refusal(), format!("error: {message}"));
    }
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let rest = "keys stand at the top level and are named as in \"akol-mock --help\", without the dashes";
    for (file, message) in [
        (
            "seed = 1\nrate_limit = 3\na = 1",
            format!("line 2: there is no option \"rate_limit\"; {rest}; did you mean rate-limit?"),
        ),
        ("[server]\nseed = 1", format!("line 1: there is no option \"server\"; {rest}")),
        ("config = 'x'", format!("line 1: there is no option \"config\"; {rest}")),
        ("port = 80", format!("line 1: there is no option \"port\"; {rest}; write listen = \"127.0.0.1:80\"")),
    ] {
        assert_eq!(Scene::file(file).refusal(), format!("error: file mock.toml, {message}"));
    }
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_its_line() {
    for (file, message) in [
        ("seed = 1\nseed = 2", "line 2, is not TOML: duplicate key"),
        ("\nseed", "line 2, is not TOML: key with no value, expected `=`"),
    ] {
        assert_eq!(Scene::file(file).refusal(), format!("error: file mock.toml, {message}"));
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused() {
    for (file, shown) in [
        ("seed = [1]", "an array"),
        ("seed = { a = 1 }", "a table"),
        ("seed = 1.5", "\"1.5\""),
        ("seed = true", "\"true\""),
        ("seed = 0xffffffffffffffffffffffffffffffffffff", "\"0xffffffffffffffffffffffffffffffffffff\""),
    ] {
        let wanted = format!("error: --seed does not take {shown}, given in file mock.toml, line 1; ");
        let refusal = Scene::file(file).refusal();
        assert!(refusal.starts_with(&wanted), "{refusal}");
    }
    let refusal = Scene::file("webhook-events = [['call.ended']]").refusal();
    assert!(refusal.starts_with("error: --webhook-events does not take an array in an array, "), "{refusal}");
}

#[test]
fn words_that_do_not_follow_the_grammar_are_refused() {
    for (line, message) in [
        ("--sed 1", "there is no option --sed; did you mean --seed?"),
        ("--nothing-like-it", "there is no option --nothing-like-it"),
        ("-x", "there is no option -x"),
        ("--port 3000", "there is no option --port; write --listen 127.0.0.1:3000"),
        ("--host=0.0.0.0", "there is no option --host; write --listen 0.0.0.0:2565"),
        ("--host --port=80", "there is no option --host; write --listen 127.0.0.1:3000"),
        ("serve -p 3001", "there is no option -p; write --listen 127.0.0.1:3001"),
        ("--log calls", "there is no option --log; write --log-level calls"),
        ("--log=json", "there is no option --log; write --log-format json"),
        ("--config-file a.toml", "there is no option --config-file; write --config akol-mock.toml"),
        ("--\u{202e}", "there is no option --\\u{202e}"),
        (
            "serv",
            "there is no command \"serv\"; the commands are serve, healthcheck, fixtures, openapi, completions; did you \
             mean serve?",
        ),
        ("--seed", "--seed needs a value"),
        ("--seed 1 --seed 2", "--seed is given more than once; give it once"),
        ("serve now", "\"now\" is a word too many; options begin with -- and take one value each"),
    ] {
        let refusal = Scene::args(line).refusal();
        assert_eq!(refusal, format!("error: {message}; \"akol-mock --help\" tells more"), "{line}");
    }
    for (command, words, message) in [
        ("fixtures", "", "<DIR> is missing"),
        ("healthcheck", " --wait=1", "--wait takes no value, but is given \"1\""),
        ("healthcheck", " --port 1", "there is no option --port"),
        ("openapi", " --admin", "there is no option --admin"),
        ("completions", " tcsh", "<SHELL> does not take \"tcsh\"; it takes bash, elvish, fish, powershell, zsh"),
    ] {
        let refusal = Scene::args(&format!("{command}{words}")).refusal();
        assert_eq!(refusal, format!("error: {message}; \"akol-mock {command} --help\" tells more"), "{command}{words}");
    }
    let refusal = Scene::args("--token a b").refusal();
    assert!(refusal.starts_with("error: there is a word too many (not shown, it may be a secret)"), "{refusal}");
}

#[test]
fn a_word_of_other_programs_is_answered_with_the_one_here() {
    for (line, meant) in [
        ("--auth none", "off"),
        ("--auth disabled", "off"),
        ("--log-level debug", "calls"),
        ("--log-level INFO", "requests"),
        ("--log-level warn", "quiet"),
        ("--log-format none", "off"),
    ] {
        let refusal = Scene::args(line).refusal();
        assert!(refusal.ends_with(&format!("; did you mean \"{meant}\"?")), "{refusal}");
    }
    assert!(!Scene::args("--clock none").refusal().contains("did you mean"));
}

#[test]
fn a_file_for_a_folder_is_told_from_nothing() {
    let refusal = |path: &str| Scene::args(&format!("--fixtures {path}")).refusal();
    assert!(refusal("there/scenarios.toml").contains(": that is a file; name the folder that it is in; "));
    assert!(refusal("nowhere").contains(": there is no such folder; "));
}
