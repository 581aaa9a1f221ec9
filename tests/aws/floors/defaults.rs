//! Cold start baseline: a function that reads one DynamoDB item with the SDK's defaults.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = &Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    let table = &std::env::var("DOORWARD_TABLE")?;
    let answer = async |_: Request| {
        let key = AttributeValue::S("person#alice".to_owned());
        let item = client.get_item().table_name(table).key("pk", key).consistent_read(true).send().await?;
        Ok::<_, Error>(Response::new(Body::from(format!("{}", item.item.is_some()))))
    };
    run(service_fn(answer)).await
}
