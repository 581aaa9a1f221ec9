//! The commands of the AWS CLI that the scripts use. A command without its region, or with a query that no script has,
//! is a defect of the script.

use crate::state::{ACCOUNT, State};
use crate::{Failure, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::{env, fs};

/// Options that have exactly one value, before or after the command.
const SINGLE: [&str; 4] = ["region", "query", "output", "cli-read-timeout"];

/// The words and options of a command.
struct Command {
    words: Vec<String>,
    options: BTreeMap<String, Vec<String>>,
}

impl Command {
    fn parse(arguments: &[String]) -> Self {
        let mut command = Self { words: Vec::new(), options: BTreeMap::new() };
        let mut arguments = arguments.iter().peekable();
        while let Some(argument) = arguments.next() {
            let Some(name) = argument.strip_prefix("--") else {
                command.words.push(argument.clone());
                continue;
            };
            let most = if SINGLE.contains(&name) { 1 } else { usize::MAX };
            let values = command.options.entry(name.to_owned()).or_default();
            while values.len() < most && arguments.peek().is_some_and(|next| !next.starts_with("--")) {
                values.extend(arguments.next().cloned());
            }
        }
        command
    }

    fn option(&self, name: &str) -> &str {
        let values =
            self.options.get(name).unwrap_or_else(|| panic!("--{name} is missing: {:?}", self.words));
        values.first().unwrap_or_else(|| panic!("--{name} has no value"))
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure(254, why.into())
}

pub(crate) fn run(state: &mut State, arguments: &[String]) -> Outcome {
    let command = Command::parse(arguments);
    let words: Vec<_> = command.words.iter().map(String::as_str).collect();
    if words == ["configure", "get", "region"] {
        return match state.0["profile"].as_str() {
            Some(region) => Ok(format!("{region}\n")),
            None => Err(Failure(1, String::new())),
        };
    }
    let region = command.option("region").to_owned();
    match *words.as_slice() {
        ["sts", "get-caller-identity"] => Ok(format!("{ACCOUNT}\n")),
        ["s3api", "head-bucket"] => bucket(state, &command).map(|_| String::new()),
        ["s3api", "put-public-access-block"] => {
            bucket(state, &command)?["blocked"] = json!(command.option("public-access-block-configuration"));
            Ok(String::new())
        }
        ["s3", "mb", url] => {
            let name = url.strip_prefix("s3://").expect("a bucket");
            if !state.0["buckets"][name].is_null() {
                return Err(refused(
                    "An error occurred (BucketAlreadyExists) when calling the CreateBucket operation",
                ));
            }
            state.0["buckets"][name] = json!({ "owner": ACCOUNT, "region": region });
            Ok(String::new())
        }
        ["cloudformation", "package"] => {
            own_bucket(state, command.option("s3-bucket"))?;
            let (from, to) = (command.option("template-file"), command.option("output-template-file"));
            fs::copy(from, to).expect("a template");
            Ok(String::new())
        }
        ["cloudformation", "deploy"] => deploy(state, &command, &region),
        ["cloudformation", "describe-stacks"] => describe(state, &command, &region),
        ["cloudformation", "describe-stack-resource"] => {
            assert_eq!(command.option("query"), "StackResourceDetail.PhysicalResourceId");
            Ok(format!("E-{}\n", command.option("stack-name")))
        }
        ["cloudfront", "get-distribution-config"] => {
            let query = "DistributionConfig.Origins.Items[0].CustomHeaders.Items[0].HeaderValue";
            assert_eq!(command.option("query"), query);
            let place = command.option("id").replace("E-", "us-east-1/");
            let secret = state.0["stacks"][&place]["parameters"]["DoorSecret"].as_str().unwrap_or("None");
            Ok(format!("{secret}\n"))
        }
        ["lambda", "invoke", file] => invoke(state, &command, &region, file),
        _ => panic!("the stub has no command {words:?}"),
    }
}

/// The bucket, if it belongs to the owner that the command expects.
fn bucket<'a>(state: &'a mut State, command: &Command) -> Result<&'a mut Value, Failure> {
    let bucket = &mut state.0["buckets"][command.option("bucket")];
    if bucket.is_null() {
        return Err(refused("An error occurred (404) when calling the HeadBucket operation: Not Found"));
    }
    if bucket["owner"] != command.option("expected-bucket-owner") {
        return Err(refused("An error occurred (403) when calling the HeadBucket operation: Forbidden"));
    }
    Ok(bucket)
}

fn own_bucket(state: &State, name: &str) -> Result<(), Failure> {
    let bucket = &state.0["buckets"][name];
    assert!(bucket["owner"] == ACCOUNT, "code is uploaded to {name}, which is {bucket}");
    assert!(!bucket["blocked"].is_null(), "code is uploaded to {name}, which may be public");
    Ok(())
}

/// Changes a stack like `aws cloudformation deploy`: parameters that the template does not have are dropped.
fn deploy(state: &mut State, command: &Command, region: &str) -> Outcome {
    own_bucket(state, command.option("s3-bucket"))?;
    let template = fs::read_to_string(command.option("template-file")).expect("a template");
    let template: serde_norway::Value = serde_norway::from_str(&template).expect("YAML");
    let given = command.options.get("parameter-overrides").into_iter().flatten();
    let given: BTreeMap<_, _> = given.filter_map(|one| one.split_once('=')).collect();
    let place = format!("{region}/{}", command.option("stack-name"));
    let before = state.0["stacks"][&place].clone();
    let updatable = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"];
    if let Some(status) = before["status"].as_str().filter(|status| !updatable.contains(status)) {
        return Err(refused(format!("stack {place} is in {status} state and can not be updated")));
    }
    let mut parameters = json!({});
    for (name, declared) in template["Parameters"].as_mapping().expect("parameters") {
        let name = name.as_str().expect("a name");
        let default = &declared["Default"];
        let default =
            default.as_str().map(str::to_owned).or_else(|| default.as_u64().map(|one| one.to_string()));
        let value = given.get(name).map(|value| (*value).to_owned());
        let value = value.or_else(|| before["parameters"][name].as_str().map(str::to_owned)).or(default);
        let Some(value) = value else {
            return Err(refused(format!("Parameters: [{name}] must have values")));
        };
        parameters[name] = json!(value);
    }
    let is_front = !template["Resources"]["Distribution"].is_null();
    // A second deployment of the same ends in another state only by name.
    state.0["stacks"][&place] = json!({
        "status": "CREATE_COMPLETE", "parameters": parameters, "is_front": is_front,
        "without_urls": before["without_urls"] == true,
    });
    Ok("Successfully created/updated stack\n".to_owned())
}

fn describe(state: &State, command: &Command, region: &str) -> Outcome {
    let name = command.option("stack-name");
    let place = format!("{region}/{name}");
    let stack = &state.0["stacks"][&place];
    if stack.is_null() {
        let why = format!(
            "(ValidationError) when calling the DescribeStacks operation: Stack with id {name} does not exist"
        );
        return Err(refused(format!("An error occurred {why}")));
    }
    assert_eq!(command.option("output"), "text");
    Ok(match command.option("query") {
        "Stacks[0].StackStatus" => format!("{}\n", stack["status"].as_str().expect("a state")),
        "Stacks[0].Outputs[].[OutputKey,OutputValue]" => {
            state.outputs(&place).iter().map(|(name, value)| format!("{name}\t{value}\n")).collect()
        }
        "Stacks[0].Parameters[].[ParameterKey,ParameterValue]" => {
            let parameters = stack["parameters"].as_object().expect("parameters").iter();
            parameters.map(|(name, value)| format!("{name}\t{}\n", value.as_str().expect("a text"))).collect()
        }
        query => panic!("the stub has no query {query}"),
    })
}

fn invoke(state: &mut State, command: &Command, region: &str, file: &str) -> Outcome {
    assert_eq!(command.option("cli-read-timeout"), "0", "the command is sent once");
    assert_eq!(env::var("AWS_MAX_ATTEMPTS").as_deref(), Ok("1"), "the command is sent once");
    assert_eq!((command.option("query"), command.option("output")), ("FunctionError", "text"));
    let name = command.option("function-name").strip_suffix("-admin").expect("the admin function");
    let payload = command.option("payload").strip_prefix("fileb://").expect("a file");
    let asked: Value = serde_json::from_slice(&fs::read(payload).expect("a payload")).expect("JSON");
    let place = format!("{region}/{name}");
    assert!(!state.0["stacks"][&place].is_null(), "there is no function {place}");
    if asked["command"] != "ensure-keys" || state.0["keys"] == "refused" {
        fs::write(file, r#"{"errorType":"KeysRefused","errorMessage":"by the test"}"#).expect("an answer");
        return Ok("Unhandled\n".to_owned());
    }
    state.0["keys"][&place] = json!(true);
    fs::write(file, r#"{"keys":[{"from":10,"makes":true}]}"#).expect("an answer");
    Ok("None\n".to_owned())
}
