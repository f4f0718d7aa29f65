// See web_desk.hpp: /api/v1/plan, apply and scales: the words of a query or a body become what troupe.plan and its
// siblings are asked, which answer. Must not decide what changes or who may see it. Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "protocols/html.hpp"

#include <string>
#include <utility>

namespace troupe::actors {

using protocols::rpc_value;

boost::asio::awaitable<web_answer> web_desk::api_plan(const web_request& r) {
  protocols::form fields{r.target, {}};
  rpc_value::array groups;
  for (auto& group : fields.all("group"))
    groups.emplace_back(std::move(group));
  rpc_value::structure flags;
  if (const auto* mode = fields.find("mode"))
    flags.emplace_back("mode", *mode);
  rpc_value::array params;
  params.emplace_back(std::move(groups));
  params.emplace_back(std::move(flags));
  std::string method = "troupe.plan";
  auto answered = co_await api_result(std::move(method), std::move(params), {});
  co_return answered;
}

/// `scales`: of one program, `{program, n}`, without `n` as the file says; else of groups, `{groups, mode, plan}`.
boost::asio::awaitable<web_answer> web_desk::api_update(const web_request& r, bool scales) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return json_problem(400, body.error().what);
  rpc_value::array params;
  std::string method = "troupe.apply";
  if (scales) {
    const auto* program = body->member("program");
    const auto* count = body->member("n");
    if (!program || !program->string() || (count && !count->integer()))
      co_return json_problem(400, "program must be the name of one, and n a number");
    method = count ? "troupe.scale" : "troupe.resetScale";
    params.push_back(*program);
    if (count)
      params.push_back(*count);
  } else {
    auto groups = json_strings(*body, "groups");
    if (!groups)
      co_return json_problem(400, groups.error().what);
    rpc_value::structure flags;
    for (const char* word : {"mode", "plan"})
      if (const auto* value = body->member(word))
        flags.emplace_back(word, *value);
    auto wanted = groups->value_or(std::vector<std::string>{});
    params.emplace_back(rpc_value::array(wanted.begin(), wanted.end()));
    params.emplace_back(std::move(flags));
  }
  auto answered = co_await api_result(std::move(method), std::move(params), {});
  co_return answered;
}

} // namespace troupe::actors
