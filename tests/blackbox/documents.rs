//! The project's documents: every link leads somewhere, and every heading is found.

use std::collections::BTreeMap;

use crate::support::markdown::{Document, all_paths, root};

fn documents() -> BTreeMap<String, Document> {
    all_paths().into_iter().map(|path| (path.clone(), Document::read(&path))).collect()
}

/// The path below the project's folder that a link of `from` leads to.
fn resolved(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// What is wrong with a link, if anything. Those to other hosts are not followed.
fn complaint(documents: &BTreeMap<String, Document>, from: &str, link: &str) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { Some(from.to_owned()) } else { resolved(from, file) };
    let Some(path) = path.filter(|path| !file.starts_with('/') && root().join(path).exists()) else {
        return Some(format!("{from}: there is no file for the link {link}"));
    };
    let anchor = anchor?;
    let has_anchor = |document: &Document| document.headings.iter().any(|heading| heading.anchor == anchor);
    let is_there = documents.get(&path).is_some_and(has_anchor);
    (!is_there).then(|| format!("{from}: there is no heading for the link {link}"))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_there_is() {
    let documents = documents();
    let mut followed = 0;
    let mut complaints = Vec::new();
    for (path, document) in &documents {
        followed += document.links.len();
        complaints.extend(document.links.iter().filter_map(|link| complaint(&documents, path, link)));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert!(documents.contains_key("README.md") && followed > 50, "{followed} links in {} documents", documents.len());
}

#[test]
fn a_dead_link_is_noticed() {
    let documents = documents();
    let dead = |link: &str| complaint(&documents, "docs/recipes.md", link).is_some();
    for link in
        ["nowhere.md", "../../outside.md", "/README.md", "#nowhere", "../README.md#nowhere", "../LICENSE-MIT#top"]
    {
        assert!(dead(link), "{link}");
    }
    for link in ["../README.md#scenarios", "#recipes", "recipes/rust", "https://example.com/#nowhere"] {
        assert!(!dead(link), "{link}");
    }
}

#[test]
fn the_contents_of_the_readme_are_its_chapters_in_order() {
    let readme = Document::read("README.md");
    let contents = readme.text.split("\n\n").find(|paragraph| paragraph.starts_with("Contents: ")).unwrap();
    let linked: Vec<&str> = contents.split("](#").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    let chapters: Vec<&str> =
        readme.headings.iter().filter(|heading| heading.level == 2).map(|heading| &*heading.anchor).collect();
    assert_eq!(linked, chapters);
}
