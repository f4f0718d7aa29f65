// Whoever keeps the tokens, as the methods ask him. Must not be asked but on the thread of the methods.
// Source: docs/contract/access.md, 3.5.
#pragma once

#include "actors/core/control.hpp"
#include "protocols/token_book.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

class token_keeper {
public:
  virtual ~token_keeper() = default;
  /// Answers with {id, token, expires} once it is in the file, or with a fault: then there is none.
  virtual void create(protocols::token_book::wish what, control_answer_to answer) = 0;
  virtual std::vector<protocols::token_record> of_user(std::string_view user) const = 0;
  /// `of`: whose it must be; none: anybody's. It is void at once; the answer comes once the file says so.
  virtual void revoke(std::string id, std::optional<std::string> of, control_answer_to answer) = 0;
};

} // namespace troupe::actors
