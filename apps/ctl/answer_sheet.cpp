// See answer_sheet.hpp.
#include "apps/ctl/answer_sheet.hpp"

#include "apps/ctl/json.hpp"
#include "apps/ctl/names.hpp"
#include "protocols/faults.hpp"

namespace troupe::ctl {

using protocols::rpc_value;

void append_names(rpc_value::structure& to, std::string_view shown, bool is_group) {
  to.emplace_back("name", shown);
  auto name = split_name(shown);
  bool is_one = !is_group && name.process && shown != "all";
  to.emplace_back("group", shown == "all" ? rpc_value() : rpc_value(is_group ? std::string(shown) : name.group));
  to.emplace_back("process", is_one ? rpc_value(*name.process) : rpc_value());
}

void answer_sheet::add(const step_result& result) {
  bool is_done = result.code == protocols::fault_code::success;
  rpc_value::structure row;
  append_names(row, result.name, result.is_group);
  row.emplace_back("action", result.action);
  row.emplace_back("ok", result.ok);
  row.emplace_back("code", result.code);
  row.emplace_back("fault", is_done ? rpc_value() : rpc_value(to_string(static_cast<protocols::fault>(result.code))));
  row.emplace_back("text", result.line);
  results_.emplace_back(std::move(row));
}

void answer_sheet::refuse(std::string_view kind, std::string_view text) {
  if (kind_.empty())
    kind_ = kind;
  (text_ += text_.empty() ? "" : "\n") += text;
}

void answer_sheet::advise(std::string_view hint, bool instead) {
  if (hint_.empty() || instead)
    hint_ = hint;
}

rpc_value answer_sheet::error() const {
  return rpc_value::structure{
    {"kind", kind_}, {"text", text_}, {"hint", hint_.empty() ? rpc_value() : rpc_value(hint_)}};
}

std::optional<rpc_value> answer_sheet::rest(shape of, int status) const {
  rpc_value::structure left;
  bool has_results = of == shape::results && !has_document_ && (kind_.empty() || !results_.empty());
  if (has_results)
    left.emplace_back("results", results_);
  if (!kind_.empty() && (!has_document_ || of == shape::lines))
    left.emplace_back("error", error());
  if (!left.empty())
    left.emplace_back("status", std::int64_t{status});
  else if (!has_document_ && of == shape::document)
    left.emplace_back("ok", true);
  return left.empty() ? std::nullopt : std::optional<rpc_value>(std::move(left));
}

std::string refusal_document(std::string_view kind, std::string_view text, int status) {
  answer_sheet sheet;
  sheet.refuse(kind, text);
  return to_json(*sheet.rest(answer_sheet::shape::document, status)) + "\n";
}

} // namespace troupe::ctl
