// See section_reader.hpp: [group:x], [program:x], [eventlistener:x], [fcgi-program:x] into the group table.
// Source: the configuration specification, 4.5 to 4.9.
#include "config/event_names.hpp"
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
result<void> read_integer(loading& from, const section_reader& section, const std::string& key, std::int64_t& into) {
  auto text = section.text(key, section.narrow());
  if (!text)
    return from.noted(text.error());
  if (!*text)
    return {};
  auto value = integer(**text);
  if (!value)
    return from.noted(section.placed(value.error(), key));
  into = *value;
  return {};
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

/// True where `socket_owner` is set; without it the socket belongs to the user its processes run as.
result<bool> read_socket_owner(loading& from, const section_reader& section, std::optional<std::int64_t> uid,
                               fcgi_socket& socket) {
  auto owner = section.text("socket_owner", section.narrow());
  if (!owner)
    return owner.error();
  if (*owner) {
    auto ids = user_and_group(**owner, from.on);
    if (!ids)
      return section.placed(fault("Invalid socket_owner value " + **owner), "socket_owner");
    socket.owner_uid = ids->uid;
    socket.owner_gid = ids->gid;
  } else if (uid && *uid != from.on.uid) {
    auto who = from.on.user_by_id(*uid);
    socket.owner_uid = *uid;
    socket.owner_gid = who ? who->gid : -1;
  }
  return owner->has_value();
}

/// `group`: the [group:x] the program is a member of, or null. A member without `socket` gets null (N5).
result<std::shared_ptr<const fcgi_socket>> read_socket(loading& from, const section_reader& section,
                                                       const std::string& program, const std::string* group) {
  fcgi_socket settings;
  auto uid = read_user_id(from, section, program, group);
  if (!uid)
    return uid.error();
  auto backlog = section.text("socket_backlog", section.narrow());
  if (!backlog)
    return backlog.error();
  if (*backlog) {
    auto number = integer(**backlog);
    if (!number)
      return section.placed(number.error(), "socket_backlog");
    if (*number < 1 || *number > 65535)
      return section.placed(fault("Invalid socket_backlog value " + std::to_string(*number)), "socket_backlog");
    settings.backlog = static_cast<int>(*number);
  }
  auto owner_set = read_socket_owner(from, section, *uid, settings);
  if (!owner_set)
    return owner_set.error();
  auto mode = section.text("socket_mode", section.narrow());
  if (!mode)
    return mode.error();
  if (*mode) {
    auto bits = octal(**mode);
    if (!bits)
      return section.placed(fault("Invalid socket_mode value " + **mode), "socket_mode");
    settings.mode = *bits;
  }
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
  auto address = fcgi_address(**text, section.name());
  if (!address)
    return section.placed(address.error(), "socket");
  if (!address->is_unix && (*owner_set || *mode))
    return section.at(*owner_set ? "socket_owner" : "socket_mode",
                      "socket_owner and socket_mode params should only be used with a Unix domain socket in [" +
                        section.name() + "] socket");
  auto socket = *address;
  socket.backlog = settings.backlog;
  socket.mode = settings.mode;
  if (socket.is_unix) {
    socket.owner_uid = settings.owner_uid;
    socket.owner_gid = settings.owner_gid;
    from.check_folder(socket.path, [&](std::string said) { return section.placed(fault(std::move(said)), "socket"); });
  }
  return std::make_shared<const fcgi_socket>(socket);
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
  if (auto done = read_integer(from, section, "priority", group.priority); !done)
    return done;
  return finish(from, std::move(group), read_processes(from, section, *program, *program, {}));
}

result<void> read_fcgi(loading& from, const section_reader& section) {
  auto program = checked_name(section);
  if (!program)
    return program.error();
  group_options group{.kind = group_kind::fcgi, .name = *program};
  if (auto done = read_integer(from, section, "priority", group.priority); !done)
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
  for (auto item : comma_list(**text)) {
    std::transform(item.begin(), item.end(), item.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
    if (std::find(std::begin(event_names), std::end(event_names), item) == std::end(event_names))
      return section.placed(fault("Unknown event type " + item + " in [" + section.name() + "] events"), "events");
    group.events.push_back(item);
  }
  std::sort(group.events.begin(), group.events.end());
  group.events.erase(std::unique(group.events.begin(), group.events.end()), group.events.end());
  return {};
}

result<void> read_result_handler(loading& from, const section_reader& section, group_options& group) {
  auto handler = section.text("result_handler", section.narrow());
  if (!handler)
    return handler.error();
  if (!*handler)
    return {};
  group.result_handler = plugin_spec(**handler);
  group.result_handler_at = section.where("result_handler");
  if (group.result_handler == stdout_handler)
    return {};
  auto known = check_plugin(group.result_handler, section.name(), built_in_handler,
                            "give a shared object (/path/lib.so:symbol): see docs/extending.md", from.on);
  return known ? known : section.placed(known.error(), "result_handler");
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
  if (auto done = read_integer(from, section, "priority", group.priority); !done)
    return done;
  if (auto done = read_integer(from, section, "buffer_size", group.buffer_size); !done)
    return done;
  if (group.buffer_size < 1) {
    auto text = "[" + section.name() + "] section sets invalid buffer_size (" + std::to_string(group.buffer_size) + ")";
    if (auto done = from.noted(section.placed(fault(text), "buffer_size")); !done)
      return done;
  }
  if (auto done = from.noted(read_result_handler(from, section, group)); !done)
    return done;
  if (group.result_handler == stdout_handler)
    suit_stdout_handler(from, section, group);
  if (auto done = from.noted(read_events(section, group)); !done)
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
                                                     const std::string& group, const std::string& member) {
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
    return read_processes(from, source, *program, group, {});
  // Supervisor reads a member as a plain program: what that rejects goes before what only its socket rejects (N5).
  auto socket = read_socket(from, source, *program, &group);
  process_options base;
  if (socket)
    base.socket = *socket;
  auto processes = read_processes(from, source, *program, group, base);
  if (!processes || socket)
    return processes;
  return socket.error();
}

result<void> read_group(loading& from, const section_reader& section, std::unordered_set<std::string>& members) {
  auto group_name = checked_name(section);
  if (!group_name)
    return group_name.error();
  auto programs = section.text("programs", section.narrow());
  if (!programs)
    return programs.error();
  group_options group{.kind = group_kind::group, .name = *group_name};
  if (auto done = read_integer(from, section, "priority", group.priority); !done)
    return done;
  std::vector<process_options_ptr> all;
  std::unordered_map<std::string_view, std::size_t> places; // in `all`, by name
  for (const auto& member : comma_list(programs->value_or(""))) {
    members.insert("program:" + member);
    members.insert("fcgi-program:" + member);
    auto processes = read_member(from, section, group.name, member);
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
  for (const auto& [name, tree] : from.document.sections())
    if (name.starts_with("group:"))
      if (auto done = from.noted(read_group(from, {from, name, tree}, members)); !done)
        return done;
  struct kind {
    std::string_view prefix;
    result<void> (*read)(loading&, const section_reader&);
  };
  for (const auto& [prefix, read] :
       {kind{"program:", read_program}, kind{"eventlistener:", read_listener}, kind{"fcgi-program:", read_fcgi}})
    for (const auto& [name, tree] : from.document.sections())
      if (name.starts_with(prefix) && !members.contains(name))
        if (auto done = from.noted(read(from, {from, name, tree})); !done)
          return done;
  std::stable_sort(from.cfg.groups.begin(), from.cfg.groups.end(), [](auto& a, auto& b) {
    return a->priority != b->priority ? a->priority < b->priority : a->name < b->name;
  });
  return {};
}

} // namespace troupe::config
