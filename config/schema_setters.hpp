// How the text of an option gets into its place, and how two values are compared, where that takes more than the call
// of one function of datatypes.hpp: for the rows of schema.cpp alone. Must not know which option is which key of which
// section (the rows do). Source: docs/contract/configuration.md, section 4.
#pragma once

#include "config/schema.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::config::setters {

using T = const option_target&;
using S = std::string_view;
using H = const host&;

result<std::string> text(S s);
result<shared_text> shared(S s);
result<int> socket_mode(S s, const char* option);
result<void> set_server_owner(T t, S s, H h);
result<void> set_server_port(T t, S s, H);
result<void> set_allowed_hosts(T t, S s, H);
result<void> set_factory(T t, S s, H h);
result<std::int64_t> answer_timeout(S s);
result<std::int64_t> backlog(S s);
result<std::int64_t> death_lines(S key, S s);
result<std::chrono::milliseconds> upgrade_timeout(S key, S s);
result<rate> rate_of(S key, S s);
result<bool> stop_or_ignore(S key, S s); ///< stop: true
result<std::string> ctl_address(S s, H h);
result<void> set_serverurl(T t, S s, H);
result<void> set_events(T t, S s, H);
result<void> set_result_handler(T t, S s, H h);
result<void> set_socket_owner(T t, S s, H h);
result<void> set_socket_address(T t, S s, H);

/// A new AUTO log equals anything (K16).
bool same_logfile(const log_target& active, const log_target& loaded);
/// In whatever order.
bool same_environment(const shared_environment& a, const shared_environment& b);
/// Owner, mode and backlog do not count (K15).
bool same_socket(const fcgi_socket* a, const fcgi_socket* b);

} // namespace troupe::config::setters
