// What the body of a sign-in says, as the page's form sends it or as JSON. It is read past the readers of everything
// else, so that no copy of the password stays in memory. Must not check it. Source: docs/contract/access.md, 3.4 and 8.
// Cases: tests/protocols/sign_in_test.cpp.
#pragma once

#include "platform/wipe.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

struct sign_in_body {
  std::string user;
  platform::wiped_text password;
  std::string next; ///< where to go on to, as the form says
};

/// What the form lacks is empty.
sign_in_body sign_in_form(std::string_view body);
/// An object with two texts, `user` and `password`; none: it is something else. Its other members do not matter, but no
/// name may occur twice.
std::optional<sign_in_body> sign_in_json(std::string_view body);

} // namespace troupe::protocols
