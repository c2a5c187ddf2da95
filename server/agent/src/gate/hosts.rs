//! Whose machine a model runs on, by the name of its host.

/// Hosts of clouds, matched with their subdomains.
const CLOUD_HOSTS: [&str; 42] = [
    "ai21.com",
    "aliyuncs.com",
    "anthropic.com",
    "bigmodel.cn",
    "cerebras.ai",
    "chutes.ai",
    "cognitiveservices.azure.com",
    "cohere.ai",
    "cohere.com",
    "deepinfra.com",
    "deepseek.com",
    "featherless.ai",
    "fireworks.ai",
    "gateway.ai.cloudflare.com",
    "githubcopilot.com",
    "googleapis.com",
    "groq.com",
    "huggingface.co",
    "hyperbolic.xyz",
    "inference.ai.azure.com",
    "integrate.api.nvidia.com",
    "minimax.io",
    "mistral.ai",
    "models.ai.azure.com",
    "models.github.ai",
    "moonshot.ai",
    "moonshot.cn",
    "novita.ai",
    "ollama.com",
    "openai.azure.com",
    "openai.com",
    "openrouter.ai",
    "perplexity.ai",
    "replicate.com",
    "sambanova.ai",
    "services.ai.azure.com",
    "siliconflow.cn",
    "siliconflow.com",
    "together.ai",
    "together.xyz",
    "venice.ai",
    "x.ai",
];

/// Ends of names that nobody outside of one's own network can have.
const PRIVATE_ENDS: [&str; 7] =
    [".local", ".lan", ".localhost", ".home.arpa", ".internal", ".ts.net", ".home"];

/// Returns whether a host is nobody's cloud that we know of. Unknown hosts count as self-hosted, as
/// do addresses without a name, and names of one's own network whatever else is in them.
pub fn is_self_hosted(host: &str) -> bool {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let is_below = |cloud: &str| {
        host.strip_suffix(cloud).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    // Most of this cloud's names are rented machines; only one of its services is a model's.
    let is_bedrock = host.starts_with("bedrock") && is_below("amazonaws.com");
    PRIVATE_ENDS.iter().any(|end| host.ends_with(end))
        || !(is_bedrock || CLOUD_HOSTS.into_iter().any(is_below))
}

#[cfg(test)]
mod tests {
    use super::{CLOUD_HOSTS, is_self_hosted};

    // T5, WT20, X1.
    #[test]
    fn clouds_are_matched_with_their_subdomains_only() {
        for host in [
            "api.openai.com",
            "eu.api.openai.com",
            "OPENAI.com.",
            "x.openai.azure.com",
            "api.anthropic.com",
            "api.deepseek.com",
            "deepseek.com",
            "api.mistral.ai",
            "api.cohere.ai",
            "api.together.xyz",
            "api.fireworks.ai",
            "api.perplexity.ai",
            "api.x.ai",
            "generativelanguage.googleapis.com",
            "us-central1-aiplatform.googleapis.com",
            "api.groq.com",
            "openrouter.ai",
            "ollama.com",
            "www.ollama.com",
            "api.venice.ai",
            "bedrock-runtime.us-east-1.amazonaws.com",
        ] {
            assert!(!is_self_hosted(host), "{host}");
        }
        for host in [
            "gpu.lan",
            "notopenai.com",
            "openai.com.lan",
            "openai.com.example.org",
            "box.ai",
            "ec2-203-0-113-7.compute-1.amazonaws.com",
            "",
        ] {
            assert!(is_self_hosted(host), "{host}");
        }
    }

    #[test]
    fn addresses_and_names_of_ones_own_network_are_self_hosted() {
        for host in [
            "localhost",
            "gpu",
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.7",
            "172.16.0.1",
            "169.254.1.1",
            "203.0.113.7",
            "::1",
            "fe80::1%eth0",
            "fd12:3456::1",
            "2001:db8::1",
            "gpu-box.local",
            "gpu-box.local.",
            "api.openai.com.local",
            "gpu.tailnet.ts.net",
        ] {
            assert!(is_self_hosted(host), "{host}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_lower_case() {
        assert!(CLOUD_HOSTS.is_sorted());
        assert!(CLOUD_HOSTS.iter().all(|host| *host == host.to_ascii_lowercase()));
    }
}
