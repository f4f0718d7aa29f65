// What an action has to say under --json, gathered into one document: results, one after the other, and why there is
// nothing else. Pure; must not print, nor know single actions. Source: docs/contract/packaging.md, 6.6; the shapes:
// docs/reference/ctl.schema.json.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::ctl {

/// What became of one process, or of one group, in one step of an action.
struct step_result {
  std::string action; ///< the step: a restart has two
  std::string name;   ///< as it is shown: x, g:x, g:*
  std::int64_t code;  ///< as in the results of XML-RPC: 80, or a fault
  bool ok;            ///< else it counts in the exit status
  std::string line;   ///< what stands there without --json
  bool is_group = false;
};
/// Its members `name`, `group` and `process`, which is null of a whole group.
void append_names(protocols::rpc_value::structure& to, std::string_view shown, bool is_group = false);

class answer_sheet {
public:
  /// What is left to be printed of an action that has printed nothing, or whose results are here.
  enum class shape { document, results, lines };

  void add(const step_result& result);
  void add(protocols::rpc_value result) { results_.push_back(std::move(result)); }
  /// Why it did not come to anything. The first kind counts; texts stand below each other.
  void refuse(std::string_view kind, std::string_view text);
  void advise(std::string_view hint, bool instead); ///< `instead` of what was said before
  void note_document() { has_document_ = true; }

  /// Nothing: all is said.
  std::optional<protocols::rpc_value> rest(shape of, int status) const;

private:
  protocols::rpc_value error() const;

  protocols::rpc_value::array results_;
  std::string kind_, text_, hint_; ///< no kind: nothing went wrong
  bool has_document_ = false;
};

/// A line of JSON: the whole of what there is to say where no action is run.
std::string refusal_document(std::string_view kind, std::string_view text, int status);

} // namespace troupe::ctl
