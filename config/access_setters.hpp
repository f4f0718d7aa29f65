// How the text of an option of access control gets into its place: for the rows of schema.cpp alone. Must not look at
// more than one option at a time (load_access.cpp does). Source: docs/contract/access.md, 1.
#pragma once

#include "config/schema.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config::setters {

/// A span of time with its unit, in seconds: 30m.
result<std::int64_t> duration(std::string_view text);
/// A comma list of at least nothing, without empty items.
result<std::vector<std::string>> item_list(const option_target& target, std::string_view text);
result<std::vector<network>> network_list(const option_target& target, std::string_view text);
result<std::string> optional_path(std::string_view text, const host& on);
result<std::string> audit_path(std::string_view text, const host& on);

result<std::string> tls_file(const option_target& target, std::string_view text, const host& on);
result<bool> tls_is_1_3(const option_target& target, std::string_view text);

result<void> set_tls_client(const option_target& target, std::string_view text, const host& on);
result<void> set_labels(const option_target& target, std::string_view text, const host& on);
result<void> set_session_bind(const option_target& target, std::string_view text, const host& on);
result<void> set_verbs(const option_target& target, std::string_view text, const host& on);
result<void> set_patterns(const option_target& target, std::string_view text, const host& on);
result<void> set_role_networks(const option_target& target, std::string_view text, const host& on);
result<void> set_password(const option_target& target, std::string_view text, const host& on);
result<void> set_password_file(const option_target& target, std::string_view text, const host& on);
result<void> set_unix_users(const option_target& target, std::string_view text, const host& on);
result<void> set_unix_groups(const option_target& target, std::string_view text, const host& on);
result<void> set_fingerprints(const option_target& target, std::string_view text, const host& on);

} // namespace troupe::config::setters
