//! The OpenAPI documents as the program prints them: their operations, and their schemas ready to check with.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use akol_mock::cli::{self, Command, Surroundings};
use hyper::{Method, Uri};
use jsonschema::{Draft, Validator};
use serde_json::Value;

/// Akol's Calls API.
pub static CALLS: LazyLock<Document> = LazyLock::new(|| Document::print(&[]));
/// The control API.
pub static CONTROL: LazyLock<Document> = LazyLock::new(|| Document::print(&["--control"]));

/// A document.
pub struct Document {
    root: Value,
    /// The paths of its servers.
    servers: Vec<String>,
    /// Those schemas that something has been held to, by their texts. Most operations share most of theirs.
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// What a method does on a path.
pub struct Operation {
    pub document: &'static Document,
    pub method: String,
    pub path: &'static str,
    /// Of the operation and of its path, each where it is defined.
    pub parameters: Vec<&'static Value>,
    pub value: &'static Value,
    /// What the path's parameters stand for, as it came.
    pub segments: Vec<(&'static str, String)>,
}

impl Operation {
    /// For messages: `listCalls (GET /calls)`.
    pub fn name(&self) -> String {
        format!("{} ({} {})", self.value["operationId"].as_str().unwrap_or("?"), self.method, self.path)
    }
}

/// The operation of either API that answers `method` on a path; `None` where none does.
pub fn operation(method: &Method, path: &str) -> Option<Operation> {
    CALLS.operation(method, path).or_else(|| CONTROL.operation(method, path))
}

impl Document {
    fn print(options: &[&str]) -> Document {
        let words = ["akol-mock", "openapi"].iter().chain(options).map(Into::into);
        match cli::read(words, &Surroundings { env: Vec::new(), ..Surroundings::of_this_process() }) {
            Ok(Command::Print(text)) => Document::of(serde_json::from_str(&text).unwrap()),
            other => panic!("{other:?} is no document"),
        }
    }

    /// A document of a test's own.
    pub fn of(root: Value) -> Document {
        let path = |server: &Value| server["url"].as_str().unwrap().parse::<Uri>().unwrap().path().to_owned();
        let servers = root["servers"].as_array().unwrap().iter().map(path).collect();
        Document { root, servers, validators: Mutex::default() }
    }

    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The value, or what it refers to.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
        let found = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        self.resolve(found.unwrap_or_else(|| panic!("{reference} refers to nothing")))
    }

    /// Every operation: method, path, and what the document says of it.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.root["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            let methods =
                item.as_object().unwrap().iter().filter(|(_, operation)| operation.get("responses").is_some());
            methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
    }

    /// The operation that answers `method` on a whole path. `HEAD` is answered as `GET` is.
    pub fn operation(&'static self, method: &Method, path: &str) -> Option<Operation> {
        let (template, segments) =
            self.servers.iter().find_map(|server| self.template(path.strip_prefix(&**server)?))?;
        // Methods differ by their case: "get" is another one than "GET".
        let method = match method.as_str() {
            "HEAD" => "get".to_owned(),
            name => Some(name.to_ascii_lowercase()).filter(|lower| lower != name)?,
        };
        let item = &self.root["paths"][template];
        let value = item.get(&method)?;
        let parameters = [item, value].into_iter().filter_map(|value| value["parameters"].as_array()).flatten();
        let parameters = parameters.map(|parameter| self.resolve(parameter)).collect();
        Some(Operation {
            document: self,
            method: method.to_ascii_uppercase(),
            path: template,
            parameters,
            value,
            segments,
        })
    }

    /// The path of the document that a path below a server stands for. One that is there as it is goes before all others.
    fn template(&'static self, path: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        let templates = self.root["paths"].as_object()?.keys().map(String::as_str);
        let fitting = templates.filter_map(|template| Some((template, segments(template, path)?)));
        fitting.min_by_key(|(_, segments)| segments.len())
    }

    /// What is wrong with a value by a schema of this document: each time the place, and why.
    pub fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(schema);
        if validator.is_valid(value) {
            return Vec::new();
        }
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("at {:?}: {}", error.instance_path().as_str(), shortened(&error.to_string())))
            .collect()
    }

    fn validator(&self, schema: &Value) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap();
        validators.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = schema.clone();
            // What it refers to is found where the document has it.
            whole["components"] = self.root["components"].clone();
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            let validator = options.build(&whole).unwrap_or_else(|error| panic!("{schema} is no schema: {error}"));
            Box::leak(Box::new(validator))
        })
    }
}

/// What the braces of a path in a document stand for in `path`; `None` where that is another path.
fn segments(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut given = path.split('/');
    for wanted in template.split('/') {
        let segment = given.next()?;
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => found.push((name, segment.to_owned())),
            None if wanted == segment => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(found)
}

/// The beginning of a text: a list of a hundred calls helps nobody.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
