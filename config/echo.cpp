// See echo.hpp.
#include "config/echo.hpp"

#include "config/schema.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

/// One section of the sample: its header, a word about it, and which of its options are not commented out.
struct sample_section {
  std::string_view kind;
  std::string_view header;
  std::string_view about;
  bool active;
  std::vector<std::string_view> active_keys;
};

void append_options(std::string& out, std::string_view kind, const sample_section& section) {
  for (const auto& row : schema_of(kind)) {
    if (row.of_access || row.beyond_sample)
      continue;
    bool active =
      std::find(section.active_keys.begin(), section.active_keys.end(), row.key) != section.active_keys.end();
    auto value = row.key == "files" || row.key == "supervisor.rpcinterface_factory" ? " = " : "=";
    auto line = (active ? "" : ";") + std::string(row.key) + value + std::string(row.sample);
    line.resize(std::max<std::size_t>(line.size() + 1, 42), ' ');
    out += line + "; " + std::string(row.help) + "\n";
  }
}

} // namespace

std::string sample_configuration() {
  const sample_section sections[] = {
    {"unix_http_server", "unix_http_server", "The socket that supervisorctl talks to.", true, {"file"}},
    {"inet_http_server", "inet_http_server", "The same over TCP. Set a user name and a password.", false, {}},
    {"supervisord",
     "supervisord",
     "The daemon itself.",
     true,
     {"logfile", "logfile_maxbytes", "logfile_backups", "loglevel", "pidfile", "nodaemon", "silent", "minfds",
      "minprocs"}},
    {"rpcinterface",
     "rpcinterface:supervisor",
     "Needed by supervisorctl; leave it in.",
     true,
     {"supervisor.rpcinterface_factory"}},
    {"supervisorctl",
     "supervisorctl",
     "What the client connects to; must fit one of the servers above.",
     true,
     {"serverurl"}},
    {"program", "program:theprogramname", "A program to run. Only command is required.", false, {}},
    {"eventlistener",
     "eventlistener:theeventlistenername",
     "A program that reads events on stdin. It takes the options of a program, too.",
     false,
     {}},
    {"fcgi-program",
     "fcgi-program:thefcgiprogramname",
     "A program whose processes share a listening socket. It takes the options of a program, too.",
     false,
     {}},
    {"group", "group:thegroupname", "Programs that are started and stopped together.", false, {}},
    {"include", "include", "More files to read. Relative names start from this file's directory.", false, {}},
  };
  std::string out = "; Sample supervisor config file, for Troupe.\n"
                    ";\n"
                    "; A semicolon after a blank starts a comment. Values are taken as they are: no quotes, no shell.\n"
                    "; %(ENV_HOME)s stands for a variable of the environment, %(here)s for this file's directory.\n";
  for (const auto& section : sections) {
    out += "\n; " + std::string(section.about) + "\n";
    out += (section.active ? "[" : ";[") + std::string(section.header) + "]\n";
    if (section.kind == "eventlistener" || section.kind == "fcgi-program")
      out += ";command=/bin/listener                    ; the program and its arguments\n";
    append_options(out, section.kind, section);
  }
  return out;
}

} // namespace troupe::config
