// The forms in which a user's password may be stored. Must not check a given password (platform/password.hpp does), nor
// say any of the value in an error. Source: docs/contract/access.md, 1.3.
#pragma once

#include "config/datatypes.hpp"

#include <string>
#include <string_view>

namespace troupe::config {

/// The error is a sentence without its section: `password is empty`.
result<stored_password> stored_password_of(std::string_view text, const host& on);

/// The first line of a file that holds a password.
result<std::string> first_line(const std::string& path, const host& on);

} // namespace troupe::config
