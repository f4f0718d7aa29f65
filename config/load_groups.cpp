// See section_reader.hpp: [group:x], [program:x], [eventlistener:x], [fcgi-program:x] into the group table, and the
// warnings about what nobody reads. Source: the configuration specification, 4.5 to 4.9.
#include "config/event_names.hpp"
#include "config/load_programs.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <unordered_set>

namespace troupe::config {

namespace {

std::string after_colon(const std::string& section) { return section.substr(section.find(':') + 1); }

/// An integer option of the group itself; `fallback` where it is absent. Errors carry no section (K20).
result<std::int64_t> group_integer(const section_reader& section, const std::string& key, std::int64_t fallback) {
  auto text = section.text(key, section.narrow());
  if (!text)
    return text.error();
  if (!*text)
    return fallback;
  auto value = integer(**text);
  if (!value)
    return section.placed(value.error(), key);
  return *value;
}

// -- fcgi sockets -----------------------------------------------------------------------------------

result<void> read_socket_owner(loading& from, const section_reader& section, fcgi_socket& socket, bool& is_set) {
  auto user = section.text("user", section.narrow());
  if (!user)
    return user.error();
  auto owner = section.text("socket_owner", section.narrow());
  if (!owner)
    return owner.error();
  if ((is_set = owner->has_value())) {
    auto ids = user_and_group(**owner, from.on);
    if (!ids)
      return section.placed(fault("Invalid socket_owner value " + **owner), "socket_owner");
    socket.owner_uid = ids->uid;
    socket.owner_gid = ids->gid;
  } else if (*user) {
    auto uid = user_id(**user, from.on);
    if (!uid)
      return section.placed(uid.error(), "user");
    if (*uid != from.on.uid) {
      auto who = from.on.user_by_id(*uid);
      socket.owner_uid = *uid;
      socket.owner_gid = who ? who->gid : -1;
    }
  }
  return {};
}

/// Null where the section has no `socket` and `required` is false (N5).
result<std::shared_ptr<const fcgi_socket>> read_socket(loading& from, const section_reader& section,
                                                       const std::string& program, bool required) {
  fcgi_socket settings;
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
  bool owner_set = false;
  if (auto done = read_socket_owner(from, section, settings, owner_set); !done)
    return done.error();
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
  if (!*text) {
    if (!required)
      return std::shared_ptr<const fcgi_socket>{};
    return error{section.header(), "[" + section.name() + "] section requires a \"socket\" line"};
  }
  auto address = fcgi_address(**text, section.name());
  if (!address)
    return section.placed(address.error(), "socket");
  if (!address->is_unix && (owner_set || *mode))
    return section.placed(
      fault("socket_owner and socket_mode params should only be used with a Unix domain socket in [" + section.name() +
            "] socket"),
      owner_set ? "socket_owner" : "socket_mode");
  auto socket = *address;
  socket.backlog = settings.backlog;
  socket.mode = settings.mode;
  if (socket.is_unix) {
    socket.owner_uid = settings.owner_uid;
    socket.owner_gid = settings.owner_gid;
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
  auto priority = group_integer(section, "priority", 999);
  if (!priority)
    return priority.error();
  group_options group{.kind = group_kind::program, .name = *program, .priority = *priority};
  return finish(from, std::move(group), read_processes(from, section, *program, *program, {}));
}

result<void> read_fcgi(loading& from, const section_reader& section) {
  auto program = checked_name(section);
  if (!program)
    return program.error();
  auto priority = group_integer(section, "priority", 999);
  if (!priority)
    return priority.error();
  auto socket = read_socket(from, section, *program, true);
  if (!socket)
    return socket.error();
  group_options group{.kind = group_kind::fcgi, .name = *program, .priority = *priority};
  group.socket = *socket;
  process_options base;
  base.socket = *socket;
  return finish(from, std::move(group), read_processes(from, section, *program, *program, base));
}

result<void> read_events(const section_reader& section, group_options& group) {
  auto text = section.text("events", section.narrow());
  if (!text)
    return text.error();
  if (!*text || (*text)->empty())
    return section.placed(fault("[" + section.name() + "] section requires an \"events\" line"), "events");
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

result<void> read_listener(loading& from, const section_reader& section) {
  group_options group{.kind = group_kind::eventlistener, .name = after_colon(section.name())};
  auto priority = group_integer(section, "priority", -1);
  if (!priority)
    return priority.error();
  group.priority = *priority;
  auto buffer = group_integer(section, "buffer_size", 10);
  if (!buffer)
    return buffer.error();
  if (*buffer < 1)
    return section.placed(
      fault("[" + section.name() + "] section sets invalid buffer_size (" + std::to_string(*buffer) + ")"),
      "buffer_size");
  group.buffer_size = *buffer;
  auto handler = section.text("result_handler", section.narrow());
  if (!handler)
    return handler.error();
  if (*handler && **handler != group.result_handler)
    return section.placed(fault(**handler + " cannot be resolved within [" + section.name() + "]: only " +
                                group.result_handler + " is built in"),
                          "result_handler");
  if (auto done = read_events(section, group); !done)
    return done;
  auto redirect = section.text("redirect_stderr", section.narrow());
  if (!redirect)
    return redirect.error();
  if (*redirect) {
    auto on = boolean(**redirect);
    if (!on)
      return section.placed(on.error(), "redirect_stderr");
    if (*on)
      return section.placed(fault("[" + section.name() +
                                  "] section sets redirect_stderr=true but this is not allowed because it will "
                                  "interfere with the eventlistener protocol"),
                            "redirect_stderr");
  }
  auto program = checked_name(section);
  if (!program)
    return program.error();
  process_options base;
  base.listener = true;
  return finish(from, std::move(group), read_processes(from, section, *program, group.name, base));
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
    return program.error();
  process_options base;
  if (fcgi) {
    auto socket = read_socket(from, source, *program, false);
    if (!socket)
      return socket.error();
    base.socket = *socket;
  }
  return read_processes(from, source, *program, group, base);
}

result<void> read_group(loading& from, const section_reader& section, std::unordered_set<std::string>& members) {
  auto group_name = checked_name(section);
  if (!group_name)
    return group_name.error();
  auto programs = section.text("programs", section.narrow());
  if (!programs)
    return programs.error();
  auto priority = group_integer(section, "priority", 999);
  if (!priority)
    return priority.error();
  group_options group{.kind = group_kind::group, .name = *group_name, .priority = *priority};
  std::vector<process_options_ptr> all;
  for (const auto& member : comma_list(programs->value_or(""))) {
    auto processes = read_member(from, section, group.name, member);
    if (!processes)
      return processes.error();
    members.insert("program:" + member);
    members.insert("fcgi-program:" + member);
    for (auto& process : *processes) { // of two processes of one name the later takes the place
      auto twin = std::find_if(all.begin(), all.end(), [&](auto& other) { return other->name == process->name; });
      if (twin == all.end())
        all.push_back(std::move(process));
      else
        *twin = std::move(process);
    }
  }
  return finish(from, std::move(group), std::move(all));
}

} // namespace

result<void> read_groups(loading& from) {
  std::unordered_set<std::string> members; // sections whose own group gives way to a [group:x]
  for (const auto& [name, tree] : from.document.sections())
    if (name.starts_with("group:"))
      if (auto done = read_group(from, {from, name, tree}, members); !done && !from.collected(done.error()))
        return done;
  struct kind {
    std::string_view prefix;
    result<void> (*read)(loading&, const section_reader&);
  };
  for (const auto& [prefix, read] :
       {kind{"program:", read_program}, kind{"eventlistener:", read_listener}, kind{"fcgi-program:", read_fcgi}})
    for (const auto& [name, tree] : from.document.sections())
      if (name.starts_with(prefix) && !members.contains(name))
        if (auto done = read(from, {from, name, tree}); !done && !from.collected(done.error()))
          return done;
  std::stable_sort(from.cfg.groups.begin(), from.cfg.groups.end(), [](auto& a, auto& b) {
    return a->priority != b->priority ? a->priority < b->priority : a->name < b->name;
  });
  return {};
}

void warn_of_unknown(loading& from) {
  constexpr std::string_view kinds[] = {"supervisord",      "supervisorctl", "include",  "unix_http_server",
                                        "inet_http_server", "program",       "group",    "eventlistener",
                                        "fcgi-program",     "rpcinterface",  "ctlplugin"};
  auto suggestion = [](std::string_view word, std::span<const std::string_view> known) {
    auto near = nearest(word, known);
    return near ? " (did you mean '" + std::string(*near) + "'?)" : std::string();
  };
  auto at = [&](const located& what) {
    auto place = from.document.where(what);
    return place.file + ':' + std::to_string(place.line) + ": ";
  };
  std::unordered_map<std::string, std::unordered_set<std::string_view>> known_keys;
  for (const auto& [name, tree] : from.document.sections()) {
    auto kind = name.substr(0, name.find(':'));
    if (kind == "rpcinterface" || kind == "ctlplugin")
      continue;
    if (std::find(std::begin(kinds), std::end(kinds), kind) == std::end(kinds)) {
      from.warn(at(tree.data()) + "unknown section [" + name + "] is ignored" + suggestion(kind, kinds));
      continue;
    }
    auto& keys = known_keys[kind];
    if (keys.empty()) {
      for (const auto& row : schema_of(kind))
        keys.insert(row.key);
      if (kind == "eventlistener" || kind == "fcgi-program")
        for (const auto& row : schema_of("program"))
          keys.insert(row.key);
    }
    for (const auto& [key, node] : tree)
      if (!keys.contains(key))
        from.warn(at(node.data()) + "unknown option '" + key + "' in [" + name + "] is ignored" +
                  suggestion(key, std::vector(keys.begin(), keys.end())));
  }
}

} // namespace troupe::config
