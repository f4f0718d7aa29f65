// See section_reader.hpp: [group:x], [program:x], [eventlistener:x], [fcgi-program:x] into the group table.
// Source: docs/contract/configuration.md, 4.5 to 4.9.
#include "config/load_programs.hpp"
#include "config/plugin_name.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace troupe::config {

namespace {

std::string after_colon(const std::string& section) { return section.substr(section.find(':') + 1); }

/// An integer option of the group itself, if there is one. Errors carry no section (K20).
result<void> read_integer(loading& from, const section_reader& section, const std::string& key, group_options& group) {
  auto kind = section.name().substr(0, section.name().find(':'));
  // A program on its own is a group, too: its priority counts for both.
  return from.noted(section.take(kind == "program" ? "group" : kind, key, {.group = &group}));
}

// -- fcgi sockets -----------------------------------------------------------------------------------

/// The uid of `user`, or nothing. In a [group:x] the option has been read as one of the program, so that more names
/// expand in it.
result<std::optional<std::int64_t>> read_user_id(loading& from, const section_reader& section,
                                                 const std::string& program, const std::string* group) {
  auto scope = section.narrow();
  if (group) {
    scope.program_name = &program;
    scope.group_name = group;
    scope.host_node_name = &from.on.node_name;
  }
  auto user = section.text("user", scope);
  if (!user)
    return user.error();
  if (!*user)
    return std::optional<std::int64_t>{};
  auto uid = user_id(**user, from.on);
  if (!uid)
    return section.placed(uid.error(), "user");
  return std::optional(*uid);
}

/// Without `socket_owner` the socket belongs to the user its processes run as.
void give_to_user(const host& on, std::optional<std::int64_t> uid, fcgi_socket& socket) {
  if (!uid || *uid == on.uid)
    return;
  auto who = on.user_by_id(*uid);
  socket.owner_uid = *uid;
  socket.owner_gid = who ? who->gid : -1;
}

/// `group`: the [group:x] the program is a member of, or null. A member without `socket` gets null (N5).
result<std::shared_ptr<const fcgi_socket>> read_socket(loading& from, const section_reader& section,
                                                       const std::string& program, const std::string* group) {
  fcgi_socket settings;
  auto uid = read_user_id(from, section, program, group);
  if (!uid)
    return uid.error();
  auto take = [&](const char* key, const expansion_scope& scope) {
    return section.take("fcgi-program", key, {.socket = &settings}, scope);
  };
  for (const char* key : {"socket_backlog", "socket_owner", "socket_mode"})
    if (auto done = take(key, section.narrow()); !done)
      return done.error();
  auto scope = section.narrow();
  scope.program_name = &program;
  auto text = section.text("socket", scope);
  if (!text)
    return text.error();
  if (!*text || (*text)->empty()) {
    if (group)
      return std::shared_ptr<const fcgi_socket>{};
    return section.at("socket", "[" + section.name() + "] section requires a \"socket\" line");
  }
  if (auto done = take("socket", scope); !done)
    return done.error();
  bool owner_set = section.raw("socket_owner");
  if (!settings.is_unix && (owner_set || section.raw("socket_mode")))
    return section.at(owner_set ? "socket_owner" : "socket_mode",
                      "socket_owner and socket_mode params should only be used with a Unix domain socket in [" +
                        section.name() + "] socket");
  if (settings.is_unix) {
    if (!owner_set)
      give_to_user(from.on, *uid, settings);
    from.check_folder(settings.path,
                      [&](std::string said) { return section.placed(fault(std::move(said)), "socket"); });
  }
  return std::make_shared<const fcgi_socket>(settings);
}

// -- kinds of groups --------------------------------------------------------------------------------

result<void> finish(loading& from, group_options group, result<std::vector<process_options_ptr>> processes) {
  if (!processes)
    return processes.error();
  group.processes = *std::move(processes);
  from.cfg.groups.push_back(std::make_shared<const group_options>(std::move(group)));
  return {};
}

result<std::string> checked_name(const section_reader& section) {
  auto checked = name(after_colon(section.name()));
  if (!checked)
    return error{section.header(), checked.error().what};
  return checked;
}

result<void> read_program(loading& from, const section_reader& section) {
  auto program = checked_name(section);
  if (!program)
    return program.error();
  group_options group{.kind = group_kind::program, .name = *program};
  if (auto done = read_integer(from, section, "priority", group); !done)
    return done;
  process_options base;
  base.name = group.name;
  return finish(from, std::move(group), read_processes(from, section, *program, *program, base));
}

result<void> read_fcgi(loading& from, const section_reader& section) {
  auto program = checked_name(section);
  if (!program)
    return program.error();
  group_options group{.kind = group_kind::fcgi, .name = *program};
  if (auto done = read_integer(from, section, "priority", group); !done)
    return done;
  process_options base;
  if (auto socket = read_socket(from, section, *program, nullptr))
    base.socket = group.socket = *socket;
  else if (auto done = from.noted(socket.error()); !done)
    return done;
  return finish(from, std::move(group), read_processes(from, section, *program, *program, base));
}

result<void> read_events(const section_reader& section, group_options& group) {
  auto text = section.text("events", section.narrow());
  if (!text)
    return text.error();
  if (!*text || (*text)->empty())
    return section.at("events", "[" + section.name() + "] section requires an \"events\" line");
  return section.take("eventlistener", "events", {.group = &group});
}

result<void> read_result_handler(const section_reader& section, group_options& group) {
  if (section.raw("result_handler"))
    group.result_handler_at = std::make_shared<const place>(section.where("result_handler"));
  return section.take("eventlistener", "result_handler", {.group = &group});
}

result<void> check_redirect(const section_reader& section) {
  auto redirect = section.text("redirect_stderr", section.narrow());
  if (!redirect)
    return redirect.error();
  if (!*redirect)
    return {};
  auto on = boolean(**redirect);
  if (!on)
    return section.placed(on.error(), "redirect_stderr");
  if (*on)
    return section.at("redirect_stderr", "[" + section.name() +
                                           "] section sets redirect_stderr=true but this is not allowed because it "
                                           "will interfere with the eventlistener protocol");
  return {};
}

/// Output comes in bursts: with the usual 10 events lines would be lost while the listener starts.
void suit_stdout_handler(loading& from, const section_reader& section, group_options& group) {
  constexpr std::int64_t enough = 10'000;
  if (!section.raw("buffer_size"))
    group.buffer_size = enough;
  from.cfg.notices.push_back({log_level::info, "[" + section.name() +
                                                 "]: lines with names on stdout need no listener: stdout_prefix and "
                                                 "stdout_logfile=/dev/stdout do it (docs/events.md)"});
}

result<void> read_listener(loading& from, const section_reader& section) {
  group_options group{.kind = group_kind::eventlistener, .name = after_colon(section.name()), .priority = -1};
  if (auto done = read_integer(from, section, "priority", group); !done)
    return done;
  if (auto done = read_integer(from, section, "buffer_size", group); !done)
    return done;
  if (group.buffer_size < 1) {
    auto text = "[" + section.name() + "] section sets invalid buffer_size (" + std::to_string(group.buffer_size) + ")";
    if (auto done = from.noted(section.placed(fault(text), "buffer_size")); !done)
      return done;
  }
  if (auto done = from.noted(read_result_handler(section, group)); !done)
    return done;
  if (group.result_handler == stdout_handler)
    suit_stdout_handler(from, section, group);
  if (auto done = from.noted(read_events(section, group)); !done)
    return done;
  if (auto done = from.noted(section.take("eventlistener", "detail", {.group = &group})); !done)
    return done;
  if (auto done = from.noted(check_redirect(section)); !done)
    return done;
  auto program = checked_name(section); // a fault of the process here, as in a group
  if (!program)
    return section.wrapped(program.error(), "");
  process_options base;
  base.listener = true;
  auto processes = read_processes(from, section, *program, group.name, base);
  return finish(from, std::move(group), std::move(processes));
}

result<std::vector<process_options_ptr>> read_member(loading& from, const section_reader& section,
                                                     const std::string& group, const std::string& member,
                                                     process_options base) {
  const auto* plain = from.document.section("program:" + member);
  const auto* fcgi = from.document.section("fcgi-program:" + member);
  auto about = [&](const std::string& text) {
    return section.placed(fault("[" + section.name() + "] " + text), "programs");
  };
  if (plain && fcgi)
    return about("name " + member + " is ambiguous (exists as program and fcgi-program)");
  if (!plain && !fcgi)
    return about("names unknown program or fcgi-program " + member);
  section_reader source{from, (plain ? "program:" : "fcgi-program:") + member, plain ? *plain : *fcgi};
  auto program = checked_name(source);
  if (!program)
    return source.wrapped(program.error(), "");
  if (plain)
    return read_processes(from, source, *program, group, base);
  // Supervisor reads a member as a plain program: what that rejects goes before what only its socket rejects (N5).
  auto socket = read_socket(from, source, *program, &group);
  if (socket)
    base.socket = *socket;
  auto processes = read_processes(from, source, *program, group, base);
  if (!processes || socket)
    return processes;
  return socket.error();
}

/// Of the group itself, and what each of its processes has of it: nothing is held for who asks for nothing.
result<process_options> read_group_policy(loading& from, const section_reader& section, group_options& group) {
  option_draft draft;
  process_options base;
  for (const char* key : {"depends_on", "stopmode", "onfailure", "restartmode", "rollingbatch", "rollingpause",
                          "rollingwait", "rollingmaxfail", "rollingtimeout"})
    if (auto done = from.noted(section.take("group", key, {.group = &group, .process = &base, .draft = &draft})); !done)
      return done.error();
  if (group.onfailure != group_fate::none)
    base.ask().fails_group = true;
  if (draft.items.empty())
    return base;
  from.items_of_groups.insert_or_assign(group.name, loading::items_of_group{section.name(), draft.items.size()});
  base.ask().dependencies.items = std::move(draft.items);
  return base;
}

result<void> read_group(loading& from, const section_reader& section, std::unordered_set<std::string>& members) {
  auto group_name = checked_name(section);
  if (!group_name)
    return group_name.error();
  option_draft draft;
  if (auto done = section.take("group", "programs", {.draft = &draft}); !done)
    return done;
  group_options group{.kind = group_kind::group, .name = *group_name};
  if (auto done = read_integer(from, section, "priority", group); !done)
    return done;
  auto base = read_group_policy(from, section, group);
  if (!base)
    return base.error();
  std::vector<process_options_ptr> all;
  std::unordered_map<std::string_view, std::size_t> places; // in `all`, by name
  for (const auto& member : draft.names) {
    members.insert("program:" + member);
    members.insert("fcgi-program:" + member);
    auto processes = read_member(from, section, group.name, member, *base);
    if (!processes) {
      if (auto done = from.noted(processes.error()); !done)
        return done;
      continue;
    }
    for (auto& process : *processes) { // of two processes of one name the later takes the place
      auto [found, is_new] = places.try_emplace(process->name, all.size());
      if (is_new) {
        all.push_back(std::move(process));
        continue;
      }
      auto place = found->second;
      places.erase(found); // its key goes with the process that is replaced
      places.emplace(process->name, place);
      all[place] = std::move(process);
    }
  }
  return finish(from, std::move(group), std::move(all));
}

} // namespace

result<void> read_groups(loading& from) {
  std::unordered_set<std::string> members; // sections whose own group gives way to a [group:x]
  for (const auto& [name, node] : from.document.sections())
    if (name.starts_with("group:"))
      if (auto done = from.noted(read_group(from, {from, name, node.data()}, members)); !done)
        return done;
  struct kind {
    std::string_view prefix;
    result<void> (*read)(loading&, const section_reader&);
  };
  for (const auto& [prefix, read] :
       {kind{"program:", read_program}, kind{"eventlistener:", read_listener}, kind{"fcgi-program:", read_fcgi}})
    for (const auto& [name, node] : from.document.sections())
      if (name.starts_with(prefix) && !members.contains(name))
        if (auto done = from.noted(read(from, {from, name, node.data()})); !done)
          return done;
  auto& groups = from.cfg.groups;
  auto goes_before = [](auto& a, auto& b) {
    return a->priority != b->priority ? a->priority < b->priority : a->name < b->name;
  };
  if (!std::is_sorted(groups.begin(), groups.end(), goes_before)) // as they are in many a file
    std::stable_sort(groups.begin(), groups.end(), goes_before);
  return {};
}

} // namespace troupe::config
