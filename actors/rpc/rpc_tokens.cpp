// The methods about tokens: who may make which, who sees and ends them. Must not keep them (token_keeper.hpp), nor know
// how they are proved. Source: docs/contract/access.md, 2.5 and 3.5. Cases: tests/actors/gate_test.cpp.
#include "actors/rpc/rpc_handlers.hpp"
#include "actors/rpc/token_keeper.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <vector>

namespace troupe::actors {

using config::right;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;
using wish = protocols::token_book::wish;

namespace {

constexpr std::size_t most_roles = 100;

protocols::rpc_fault wrong(const std::string& why) { return make_fault(fault::incorrect_parameters, why); }

/// What a program holds must not multiply, and who proves nothing owns nothing.
bool may_own(const caller& who) {
  constexpr std::string_view proofs[] = {"password", "session", "certificate", "peer", "server"};
  return std::find(std::begin(proofs), std::end(proofs), who.how()) != std::end(proofs);
}

config::result<std::vector<std::string>> texts(const rpc_value& of, const std::string& name) {
  std::vector<std::string> found;
  bool right_kind = of.items() != nullptr;
  if (right_kind)
    for (const auto& item : *of.items())
      if (right_kind = right_kind && item.string(); right_kind)
        found.push_back(*item.string());
  if (!right_kind)
    return config::fault(name + " must be an array of strings");
  return found;
}

/// What the members say; whose and by whom is not looked at.
config::result<wish> wish_of(const rpc_value::array& params) {
  wish made;
  if (params.empty())
    return made;
  if (!params[0].members())
    return config::fault("a token is wished for by a struct");
  for (const auto& [name, value] : *params[0].members()) {
    const auto* text = value.string();
    if (name == "roles" || name == "networks") {
      auto all = texts(value, name);
      if (!all)
        return all.error();
      (name == "roles" ? made.roles.emplace() : made.networks) = *std::move(all);
    } else if (name == "ttl") {
      if (!value.integer())
        return config::fault("ttl must be a number of seconds");
      made.ttl = *value.integer();
    } else if ((name == "name" || name == "user") && !text) {
      return config::fault(name + " must be a string");
    } else if (name == "name") {
      made.name = *text;
    } else if (name == "user") {
      made.user = *text;
    } else {
      return config::fault("a token has no " + name);
    }
  }
  if (made.roles && made.roles->size() > most_roles)
    return config::fault("there are at most " + std::to_string(most_roles) + " roles");
  return made;
}

bool is_user(const access_in_force& rules, std::string_view name) {
  const auto& users = rules.options->users;
  return std::any_of(users.begin(), users.end(), [&](auto& user) { return user.name == name; });
}

std::string day_of(std::int64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[16];
  if (seconds == 0 || !::gmtime_r(&when, &parts) || std::strftime(text, sizeof text, "%Y-%m-%d", &parts) == 0)
    return {};
  return text;
}

void write_texts(protocols::rpc_writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.name(name);
  out.begin_array();
  for (const auto& text : texts)
    out.value(text);
  out.end_array();
  out.end_member();
}

} // namespace

rpc_step access_create_token(call_context& c) {
  if (!may_own(c.who) || !c.who.may(right::token) || !c.context.tokens)
    return c.who.refused(right::token);
  auto wanted = wish_of(c.params);
  if (!wanted)
    return wrong(wanted.error().what);
  bool for_another = !wanted->user.empty() && wanted->user != c.who.name();
  if (for_another && !c.who.may(right::admin))
    return c.who.refused(right::admin);
  auto rules = c.context.access->now();
  wanted->by = c.who.name();
  if (wanted->user.empty())
    wanted->user = c.who.name();
  if (!is_user(*rules, wanted->user))
    return for_another ? make_fault(fault::bad_name, wanted->user)
                       : wrong(wanted->user + " is no [user:x], and cannot own a token: user must name one");
  for (const auto& role : wanted->roles.value_or(std::vector<std::string>{}))
    if (!rules->rules->role_named(role))
      return wrong("there is no role " + role);
  return [tokens = c.context.tokens, wish = *std::move(wanted)](control_answer_to answer) {
    tokens->create(wish, std::move(answer));
  };
}

rpc_step access_list_tokens(call_context& c) {
  auto user = c.who.name();
  if (!c.params.empty()) {
    const auto* members = c.params[0].members();
    const auto* named = members ? c.params[0].member("user") : &c.params[0];
    if ((members && members->size() > (named ? 1U : 0U)) || (named && !named->string()))
      return wrong_parameters();
    user = named ? *named->string() : user;
  }
  if (user != c.who.name() && !c.who.may(right::admin))
    return c.who.refused(right::admin);
  if (user != c.who.name() && !is_user(*c.context.access->now(), user))
    return make_fault(fault::bad_name, user);
  c.out.begin_array();
  if (c.context.tokens)
    for (const auto& token : c.context.tokens->of_user(user)) {
      c.out.begin_struct();
      c.out.member("id", token.id);
      c.out.member("user", token.user);
      if (token.roles)
        write_texts(c.out, "roles", *token.roles);
      write_texts(c.out, "networks", token.networks);
      c.out.member("name", token.name);
      c.out.member("created", token.created);
      c.out.member("by", token.by);
      c.out.member("expires", token.expires);
      c.out.member("used", day_of(token.used));
      c.out.end_struct();
    }
  c.out.end_array();
  return rpc_written{};
}

rpc_step access_revoke_token(call_context& c) {
  const auto* id = c.params[0].string();
  if (!id)
    return wrong_parameters();
  if (!c.context.tokens)
    return make_fault(fault::bad_name, *id);
  auto of = c.who.may(right::admin) ? std::nullopt : std::optional(c.who.name());
  return
    [tokens = c.context.tokens, id = *id, of](control_answer_to answer) { tokens->revoke(id, of, std::move(answer)); };
}

} // namespace troupe::actors
