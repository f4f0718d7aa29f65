// See web_desk.hpp: /api/v1/history and history/at: the words of a query become what troupe.getHistory is asked, which
// answers. Must not decide who may see what. Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "protocols/html.hpp"

#include <utility>

namespace troupe::actors {

using protocols::rpc_value;

namespace {

rpc_value::array asked_of(const protocols::form& fields) {
  rpc_value::structure asked;
  rpc_value::array names;
  for (auto& name : fields.all("name"))
    names.emplace_back(std::move(name));
  if (!names.empty())
    asked.emplace_back("name", std::move(names));
  for (const char* word : {"since", "until", "kind", "n", "after", "at"})
    if (const auto* value = fields.find(word))
      asked.emplace_back(word, *value);
  rpc_value::array params;
  params.emplace_back(std::move(asked));
  return params;
}

} // namespace

boost::asio::awaitable<web_answer> web_desk::api_history(const web_request& r, bool states) {
  protocols::form fields{r.target, {}};
  bool at = fields.find("at") != nullptr;
  if (states != at)
    co_return json_problem(400, states ? "at must say a time" : "for the states at a time ask history/at");
  auto params = asked_of(fields);
  std::string method = "troupe.getHistory";
  auto answered = co_await api_result(std::move(method), std::move(params), {});
  co_return answered;
}

} // namespace troupe::actors
