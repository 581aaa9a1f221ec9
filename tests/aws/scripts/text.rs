//! What can be seen in the text of the scripts.

use crate::bench::{Bench, workspace};
use doorward_runtime::role;
use serde_norway::Value;
use std::fs;
use std::path::PathBuf;

/// The scripts of `infra/`, with their text.
fn scripts() -> Vec<(PathBuf, String)> {
    let folders = [workspace().join("infra"), workspace().join("infra/steps")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let texts = files.filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)));
    let scripts: Vec<_> = texts.filter(|(_, text)| text.starts_with("#!/usr/bin/env bash")).collect();
    assert!(scripts.len() >= 10, "{scripts:?}");
    scripts
}

fn template(file: &str) -> Value {
    let text = fs::read_to_string(workspace().join("infra").join(file)).unwrap();
    serde_norway::from_str(&text).unwrap()
}

/// Version 1 of the AWS CLI does not read `AWS_REGION`.
#[test]
fn every_command_of_the_cli_names_its_region() {
    for (path, text) in scripts() {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            for (at, _) in line.match_indices("aws ") {
                let word = !line[..at].ends_with(|last: char| last.is_alphanumeric() || "-_/".contains(last));
                let rest = &line[at + "aws ".len()..];
                let said = ["cloudformation deploy`", "configure ", ">/dev/null", "is missing"];
                let fine = rest.starts_with("--region ") || said.iter().any(|start| rest.starts_with(start));
                assert!(!word || fine, "{}: {line}", path.display());
            }
        }
    }
}

/// bash 3.2 takes an empty array for a variable that is not set: `"${all[@]}"` ends the script.
#[test]
fn arrays_that_may_be_empty_are_expanded_for_bash_3() {
    for (path, text) in scripts() {
        for (at, _) in text.match_indices("[@]}\"") {
            let start = text[..at].rfind("\"${").unwrap();
            let name = &text[start + "\"${".len()..at];
            let guarded = text[..start].ends_with(&format!("${{{name}[@]+"));
            let filled = text.contains(&format!("{name}=()"))
                && text.contains(&format!("{name}+=(\"${{function}}Host"));
            let counted = name.starts_with('#');
            assert!(guarded || filled || counted, "{}: {name}", path.display());
        }
        for newer in ["mapfile", "readarray", "declare -A", "local -n", ",,}", "^^}", "&>>", "|&"] {
            assert!(!text.contains(newer), "{}: bash 3.2 has no {newer}", path.display());
        }
    }
}

/// A command that fails inside a test does not end a script with `set -e`.
#[test]
fn no_test_of_a_script_runs_a_command() {
    for (path, text) in scripts() {
        assert!(text.contains("\nset -euo pipefail\n"), "{}", path.display());
        for line in text.lines() {
            let inside = line.split("[ ").skip(1).any(|test| test.split(" ]").next().unwrap().contains("$("));
            assert!(!inside, "{}: {line}", path.display());
        }
    }
}

#[test]
fn the_scripts_name_every_function() {
    let scripts = scripts();
    let words = |script: &str| {
        let (_, text) = scripts.iter().find(|(path, _)| path.ends_with(script)).unwrap();
        text.split(|end: char| !end.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>()
    };
    for role in role::ALL {
        for script in ["infra/build", "infra/check", "infra/deploy-with-front"] {
            assert!(words(script).contains(&role.name.to_owned()), "{script}: {}", role.name);
        }
    }
}

/// `CloudFormation` would refuse another value only while it changes the log groups.
#[test]
fn the_days_of_logs_are_those_that_cloudwatch_takes() {
    let parameter = &template("doorward.yaml")["Parameters"]["LogDays"];
    let allowed = parameter["AllowedValues"].as_sequence().unwrap();
    assert_eq!((allowed.len(), allowed[0].as_u64(), allowed[21].as_u64()), (22, Some(1), Some(3653)));
    assert!(allowed.contains(&parameter["Default"]));
}

#[test]
#[ignore = "needs bash and openssl"]
fn the_scripts_find_the_parameters_of_the_templates() {
    let bench = Bench::new();
    let mut all = Vec::new();
    for file in ["doorward.yaml", "front.yaml"] {
        let names = template(file)["Parameters"].clone();
        let names = names.as_mapping().unwrap().keys();
        let names: Vec<_> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
        let found = bench.run("steps/names", &[workspace().join("infra").join(file).to_str().unwrap()]);
        assert_eq!(found.out.split_whitespace().collect::<Vec<_>>(), names);
        all.extend(names);
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "a name tells the template");
}
