//! Tools and resources of the MCP server: the signed-in user's own data, as far as the access token holds it.

use doorward::guard::Access;
use http::request::Parts;
use rmcp::handler::server::{router::tool::ToolRouter, wrapper::Parameters};
use rmcp::model::{
    CallToolResult, ContentBlock, ErrorData, Implementation, ListResourcesResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, tool, tool_handler, tool_router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const PROFILE: &str = "user://profile";
const STATS: &str = "user://stats";

/// The MCP handler. Its router is built once, and all requests share it.
#[derive(Clone)]
pub struct Account {
    router: Arc<ToolRouter<Self>>,
}

/// Parameters of the tool `get_user_data`.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
struct GetUserData {
    /// The user's id, or "current" for the user who is signed in.
    #[serde(default = "current")]
    user_id: String,
}

fn current() -> String {
    "current".to_owned()
}

impl Default for Account {
    fn default() -> Self {
        Self { router: Arc::new(Self::tool_router()) }
    }
}

#[tool_router]
impl Account {
    /// Returns the data of the signed-in user, and of no other user.
    #[tool(
        description = "Returns the data of the signed-in user. Requests for the data of another user are refused.",
        annotations(title = "Get user data", read_only_hint = true)
    )]
    async fn get_user_data(
        &self,
        Parameters(asked): Parameters<GetUserData>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let access = access(&context)?;
        if asked.user_id != "current" && asked.user_id != access.subject.to_string() {
            let refusal = "You can request only your own data; use the user_id current.";
            return Ok(CallToolResult::error(vec![ContentBlock::text(refusal)]));
        }
        let data =
            json!({ "user_id": access.subject, "status": "active", "last_login": access.signed_in_at });
        Ok(CallToolResult::structured(data))
    }
}

#[tool_handler(router = self.router)]
impl ServerHandler for Account {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("doorward", env!("CARGO_PKG_VERSION")))
            .with_instructions("Shows the signed-in user's own profile, statistics and data.")
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = |uri, name, description| {
            Resource::new(uri, name).with_description(description).with_mime_type("application/json")
        };
        Ok(ListResourcesResult::with_all_items(vec![
            resource(PROFILE, "profile", "The signed-in user."),
            resource(
                STATS,
                "stats",
                "The sign-in time, the client, the scopes and the expiry of the access token.",
            ),
        ]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let access = access(&context)?;
        let content = match request.uri.as_str() {
            PROFILE => profile(access),
            STATS => stats(access),
            _ => {
                return Err(ErrorData::resource_not_found(
                    "this resource does not exist",
                    Some(json!({ "uri": request.uri })),
                ));
            }
        };
        let content =
            ResourceContents::text(content.to_string(), request.uri).with_mime_type("application/json");
        Ok(ReadResourceResult::new(vec![content]).into())
    }
}

fn profile(access: &Access) -> Value {
    json!({ "user_id": access.subject, "name": access.subject })
}

fn stats(access: &Access) -> Value {
    json!({
        "user_id": access.subject,
        "signed_in_at": access.signed_in_at,
        "client_id": access.client,
        "scope": access.scope,
        "expires_at": access.expires_at,
    })
}

/// The access that the guard attached to the request.
fn access(context: &RequestContext<RoleServer>) -> Result<&Access, ErrorData> {
    let access = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Access>());
    access.ok_or_else(|| ErrorData::internal_error("the request has no access from the guard", None))
}
