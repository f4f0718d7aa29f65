// See rpc_methods.hpp: which method a name means, and system.*; which methods there are: rpc_table.cpp; what they do:
// rpc_handlers.hpp.
#include "actors/rpc/rpc_methods.hpp"

#include "actors/rpc/rpc_found.hpp"
#include "actors/rpc/seen_status.hpp"

#include <algorithm>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;
using protocols::rpc_writer;

namespace {

struct parameter {
  std::string_view type, name;
  std::optional<std::string_view> fallback; ///< it may be left out
};

std::vector<parameter> parameters(std::string_view text) {
  std::vector<parameter> found;
  while (!text.empty()) {
    auto comma = text.find(", ");
    auto one = text.substr(0, comma);
    auto blank = one.find(' ');
    auto name = one.substr(blank + 1);
    auto equals = name.find('=');
    found.push_back({one.substr(0, blank), name.substr(0, equals)});
    if (equals != name.npos)
      found.back().fallback = name.substr(equals + 1);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 2);
  }
  return found;
}

} // namespace

rpc_methods::rpc_methods(rpc_context context) : context_(std::move(context)) {}

/// Exactly two parts: nothing but a method of an interface can be named.
rpc_methods::found rpc_methods::find(std::string_view method) const {
  auto dot = method.find('.');
  if (dot == method.npos)
    return {};
  auto space = method.substr(0, dot);
  auto name = method.substr(dot + 1);
  auto named = [](const auto& rows, std::string_view wanted) {
    auto at = std::lower_bound(rows.begin(), rows.end(), wanted, [](auto& r, auto n) { return r.name < n; });
    return at != rows.end() && at->name == wanted ? &*at : nullptr;
  };
  bool system = space == "system";
  if (system || std::find(context_.namespaces.begin(), context_.namespaces.end(), space) != context_.namespaces.end()) {
    auto rows = system ? system_methods() : main_methods();
    const auto* row = named(rows, name);
    return row ? found{*row, system, nullptr, nullptr} : found{};
  }
  if (space == "access" && context_.access) {
    const auto* row = named(access_methods(), name);
    return row ? found{*row, false, nullptr, nullptr} : found{};
  }
  if (space == "troupe") {
    const auto* row = named(troupe_methods(), name);
    if (row)
      return found{*row, false, nullptr, nullptr};
  }
  auto& others = context_.extensions;
  bool is_taken = std::any_of(others.begin(), others.end(), [](auto& e) { return e->name() == "troupe"; });
  if (space == "troupe" && !is_taken) {
    const auto* row = named(troupe_methods(), name);
    return row ? found{*row, false, nullptr, nullptr} : found{};
  }
  auto extension = std::find_if(others.begin(), others.end(), [&](auto& e) { return e->name() == space; });
  if (extension == others.end())
    return {};
  auto methods = (*extension)->methods();
  if (!methods)
    return {{}, false, *extension, nullptr};
  const auto* row = named(*methods, name);
  return row ? found{{row->name, row->result, row->params, {reach::known}, row->help, nullptr},
                     false,
                     *extension,
                     methods,
                     row->needs == access::read}
             : found{};
}

/// Those that were there before the interface had a name are found by everybody.
bool rpc_methods::is_out_of_sight(std::string_view method) const {
  constexpr std::string_view space = "troupe.", ever[] = {"getDeaths", "getHistory", "upgrade", "why"};
  if (context_.shows_troupe || !method.starts_with(space))
    return false;
  auto name = method.substr(space.size());
  auto rows = troupe_methods();
  return std::find(std::begin(ever), std::end(ever), name) == std::end(ever) &&
         std::any_of(rows.begin(), rows.end(), [&](auto& row) { return row.name == name; });
}

namespace {

/// Takes the answer to the start for `to`. What could not be stopped is told, too.
control_answer_to after_stop(control_answer stopped, control_answer_to to) {
  const auto* refused = std::get_if<rpc_fault>(&stopped);
  bool runs_on = refused && refused->code != static_cast<int>(fault::not_running);
  auto deliver = [stopped = std::move(stopped), runs_on, to](control_answer started) {
    if (runs_on)
      return (*to)(stopped);
    auto* results = std::get_if<process_results>(&started);
    if (const auto* before = std::get_if<process_results>(&stopped); before && results)
      for (const auto& result : *before)
        if (result.status != static_cast<int>(fault::success) && result.status != static_cast<int>(fault::not_running))
          results->push_back(result);
    (*to)(std::move(started));
  };
  return std::make_shared<reply_promise<control_answer>>(deliver, control_answer{make_fault(fault::failed)});
}

} // namespace

rpc_rest rest_of(rpc_step step, std::function<void(control_request, control_answer_to)> ask_actors) {
  struct {
    std::function<void(control_request, control_answer_to)> ask_actors;
    rpc_rest operator()(rpc_written) const { return {}; }
    rpc_rest operator()(protocols::rpc_fault&& refused) const { return {std::move(refused), {}, {}}; }
    rpc_rest operator()(control_request&& what) const {
      auto asked = std::make_shared<control_request>(std::move(what));
      auto ask = [send = ask_actors, asked](control_answer_to to) { send(*asked, std::move(to)); };
      return {{}, std::move(ask), {}, asked};
    }
    rpc_rest operator()(rpc_restart&& both) const {
      auto ask = [send = ask_actors, both = std::move(both)](control_answer_to to) {
        auto then = [send, start = both.start, to](control_answer stopped) {
          send(start, after_stop(std::move(stopped), to));
        };
        send(both.stop, std::make_shared<reply_promise<control_answer>>(then, make_fault(fault::failed)));
      };
      return {{}, std::move(ask), {}};
    }
    rpc_rest operator()(rpc_both&& both) const { return {{}, ask_both(std::move(both), ask_actors), {}}; }
    rpc_rest operator()(rpc_deferred&& later) const { return {{}, std::move(later), {}}; }
    rpc_rest operator()(rpc_long&& work) const { return {{}, {}, std::move(work)}; }
  } cases{std::move(ask_actors)};
  return std::visit(cases, std::move(step));
}

rpc_step rpc_methods::call(const caller& who, const std::string& method, const rpc_value::array& params,
                           rpc_writer& out) {
  return call(who, find(method), method, params, out, nullptr);
}

rpc_step rpc_methods::call(const caller& who, const found& what, const std::string& method,
                           const rpc_value::array& params, rpc_writer& out, audited_act* act) {
  const auto& row = what.row;
  const auto& extension = what.extension;
  if (!row.name.empty())
    count(method);
  if (!extension)
    return row.name.empty() ? make_fault(fault::unknown_method) : run(who, row, what.system, params, out, act);
  if (!row.name.empty() && !fits(row, params))
    return wrong_parameters();
  if (context_.board.daemon() != daemon_state::running)
    return make_fault(fault::shutdown_state);
  if (!who.view().held().may_call(method))
    return not_permitted(who.name(), method, {});
  auto kept = who.known() ? std::make_shared<const caller>(who) : nullptr;
  return [to = extension, name = method.substr(method.find('.') + 1), params,
          kept = std::move(kept)](control_answer_to answer) { to->call(name, params, kept, std::move(answer)); };
}

rpc_step rpc_methods::run(const caller& who, std::string_view name, const rpc_value::array& params, rpc_writer& out,
                          std::optional<config::right> as) {
  auto rows = main_methods();
  auto row = std::find_if(rows.begin(), rows.end(), [&](auto& r) { return r.name == name; });
  if (row == rows.end())
    return make_fault(fault::unknown_method);
  auto part = *row;
  part.opens.needs = as.value_or(part.opens.needs);
  return run(who, part, false, params, out, nullptr);
}

namespace {

/// What does not depend on a name: rights over the daemon, and lists and actions for which nobody's rules give any.
bool refused_whoever_is_named(const caller& who, const door& needs) {
  switch (needs.of) {
  case reach::daemon:
    return !who.may(needs.needs);
  case reach::all:
    return needs.needs != config::right::signal &&
           !protocols::has(who.view().held().anywhere().rights, needs.needs); // which one: ask_all()
  case reach::list:
    return needs.needs != config::right::status && !protocols::has(who.view().held().anywhere().rights, needs.needs);
  case reach::open:
  case reach::known:
  case reach::self:
  case reach::one:
  case reach::named:
    break;
  }
  return false;
}

} // namespace

bool rpc_methods::fits(const method_row& row, const rpc_value::array& params) {
  auto wanted = parameters(row.params);
  auto least = std::count_if(wanted.begin(), wanted.end(), [](auto& p) { return !p.fallback; });
  return params.size() >= static_cast<std::size_t>(least) && params.size() <= wanted.size();
}

rpc_step rpc_methods::run(const caller& who, const method_row& row, bool system, const rpc_value::array& params,
                          rpc_writer& out, audited_act* act) {
  if (!fits(row, params))
    return wrong_parameters();
  if (system)
    return row.name == "listMethods"  ? list_methods(out)
           : row.name == "methodHelp" ? method_help(params[0], out)
                                      : method_signature(params[0], out);
  if (!row.in_shutdown && context_.board.daemon() != daemon_state::running)
    return make_fault(fault::shutdown_state);
  if (refused_whoever_is_named(who, row.opens))
    return who.refused(row.opens.needs, row.opens.of == reach::all ? "all" : "");
  call_context c{*this, context_, who, who.view(), row, params, out, act};
  return row.handler(c);
}

std::string_view rpc_methods::all_info(const board_view& view) {
  auto version_read = view.version(); // before the board: what changes meanwhile outdates the text
  auto now = now_seconds();
  auto& kept = view.all_info;
  if (kept.response && kept.version == version_read && kept.second == now)
    return kept.value;
  auto text = std::make_shared<std::string>();
  text->reserve(all_info_bytes_ * 9 / 8 + 256);
  rpc_writer w{*text};
  w.begin_response();
  auto start = text->size();
  w.begin_array();
  for (const auto& process : view.all())
    write_info(w, seen_status(view, *process).get(), now);
  w.end_array();
  auto end = text->size();
  w.end_response();
  all_info_bytes_ = text->size();
  kept = {version_read, now, text, std::string_view(*text).substr(start, end - start)};
  return kept.value;
}

std::shared_ptr<const std::string> rpc_methods::whole_response(const caller& who, const protocols::rpc_call& call) {
  bool candidate = call.params.empty() && call.method.ends_with("AllProcessInfo"); // saves the others a look
  if (!candidate || find(call.method).row.handler != &get_all_process_info ||
      context_.board.daemon() != daemon_state::running)
    return nullptr;
  count(call.method);
  all_info(who.view());
  return who.view().all_info.response;
}

rpc_step rpc_methods::list_methods(rpc_writer& out) const {
  std::vector<std::string> names;
  for (const auto& space : context_.namespaces)
    if (space != "system")
      for (const auto& row : main_methods())
        names.push_back(space + '.' + std::string(row.name));
  for (const auto& extension : context_.extensions)
    if (auto methods = extension->name() == "system" ? nullptr : extension->methods())
      for (const auto& row : *methods)
        names.push_back(extension->name() + '.' + row.name);
  if (context_.access)
    for (const auto& row : access_methods())
      names.push_back("access." + std::string(row.name));
  if (context_.shows_troupe)
    for (const auto& row : troupe_methods())
      names.push_back("troupe." + std::string(row.name));
  for (const auto& row : system_methods())
    names.push_back("system." + std::string(row.name));
  std::sort(names.begin(), names.end());
  out.begin_array();
  for (const auto& name : names)
    out.value(name);
  out.end_array();
  return rpc_written{};
}

rpc_step rpc_methods::method_help(const rpc_value& name, rpc_writer& out) const {
  auto named = name.string() ? find(*name.string()) : found{};
  if (!named.known())
    return make_fault(fault::signature_unsupported);
  const auto& row = named.row;
  std::string text(row.help);
  text += "\n\n";
  for (const auto& p : parameters(row.params))
    text += "@param " + std::string(p.type) + ' ' + std::string(p.name) +
            (p.fallback ? "  optional, default " + std::string(*p.fallback) + '\n' : "\n");
  text += "@return " + std::string(row.result) + " result\n";
  out.value(text);
  return rpc_written{};
}

rpc_step rpc_methods::method_signature(const rpc_value& name, rpc_writer& out) const {
  auto named = name.string() ? find(*name.string()) : found{};
  if (!named.known())
    return make_fault(fault::signature_unsupported);
  out.begin_array();
  out.value(named.row.result);
  for (const auto& p : parameters(named.row.params))
    out.value(p.type);
  out.end_array();
  return rpc_written{};
}

void rpc_methods::write(rpc_writer& out, const control_answer& answer) {
  if (const auto* results = std::get_if<process_results>(&answer)) {
    out.begin_array();
    for (const auto& r : *results) {
      out.begin_struct();
      out.member("name", r.name);
      out.member("group", r.group);
      out.member("status", r.status);
      out.member("description", r.description);
      out.end_struct();
    }
    out.end_array();
  } else if (const auto* diff = std::get_if<config::reload_diff>(&answer)) {
    out.begin_array();
    out.begin_array();
    for (const auto* names : {&diff->added, &diff->changed, &diff->removed}) {
      out.begin_array();
      for (const auto& name : *names)
        out.value(name);
      out.end_array();
    }
    out.end_array();
    out.end_array();
  } else if (const auto* value = std::get_if<rpc_value>(&answer)) {
    out.value(*value);
  } else {
    out.value(true);
  }
}

std::variant<std::vector<rpc_methods::entry>, rpc_fault> rpc_methods::entries(const rpc_value::array& params) {
  const auto* calls = params.size() == 1 ? params[0].items() : nullptr;
  if (!calls)
    return wrong_parameters();
  std::vector<entry> found;
  for (const auto& call : *calls) {
    if (!call.members())
      return wrong_parameters();
    const auto* method = call.member("methodName");
    const auto* list = call.member("params");
    const auto* name = method ? method->string() : nullptr;
    if (!method)
      found.emplace_back(make_fault(fault::incorrect_parameters, "No methodName"));
    else if (name && is_multicall(*name))
      found.emplace_back(make_fault(fault::incorrect_parameters, "Recursive system.multicall forbidden"));
    else if (!name || (list && !list->items()))
      found.emplace_back(wrong_parameters());
    else
      found.emplace_back(protocols::rpc_call{*name, list ? *list->items() : rpc_value::array{}});
  }
  return found;
}

} // namespace troupe::actors
