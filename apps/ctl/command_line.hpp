// supervisorctl's arguments: split by the rules of getopt, then acted on in order.
// Must not read files or exit. Source: docs/contract/supervisorctl.md, section 1.
#pragma once

#include "config/getopt.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

struct command_line {
  bool help = false;
  bool interactive = false;
  bool json = false;
  bool quiet = false;
  std::optional<std::string> configuration; ///< empty: read none
  std::optional<std::string> serverurl;
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::optional<std::string> password_file;
  std::optional<std::string> token_file;
  std::optional<std::string> tls_cacert;
  std::optional<std::string> tls_cert;
  std::optional<std::string> tls_key;
  std::optional<std::string> history_file;
  std::optional<std::string> color;                  ///< auto, always or never
  std::optional<std::string> timeout;                ///< seconds
  std::optional<std::string> errors;                 ///< stdout or stderr
  std::vector<std::string> words;                    ///< the action and its arguments
  std::optional<config::argument_place> password_at; ///< so that it can be wiped
};

/// `arguments`: without argv[0]. The error is a MSG of 1.7.
config::result<command_line> parse_command_line(const std::vector<std::string>& arguments);

std::string usage(const std::string& program);

/// A scheme, and something behind it.
bool is_url(std::string_view text);

} // namespace troupe::ctl
