// The sample configuration and the reference in docs/ against the one table of options: nothing is missing from
// either, and what the sample leaves uncommented is exactly what the specification's section 10 lists.
#include "config/echo.hpp"
#include "config/schema.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <sstream>

BOOST_AUTO_TEST_SUITE(echo_test)

using namespace troupe::config;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    out.push_back(line);
  return out;
}

/// The part of `line` before its comment, without blanks behind it.
std::string without_comment(const std::string& line) {
  auto text = line.substr(0, line.find(" ;"));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  BOOST_REQUIRE_MESSAGE(file, path << " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Text behind each "## [x...]" heading, by x without what follows a colon.
std::map<std::string, std::string> chapters(const std::string& text) {
  std::map<std::string, std::string> out;
  std::string current;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with("## "))
      current = line.starts_with("## [") ? line.substr(4, line.find_first_of(":]") - 4) : "";
    out[current] += line + '\n';
  }
  return out;
}

std::string_view names_of(scope_kind scope) {
  switch (scope) {
  case scope_kind::nothing:
    return "nothing";
  case scope_kind::narrow:
    return "here";
  case scope_kind::node:
    return "here, host_node_name";
  case scope_kind::program:
    return "+ program_name, group_name";
  case scope_kind::numbered:
    return "+ process_num, numprocs";
  case scope_kind::own:
  case scope_kind::share:
    return "+ process_num, numprocs, own environment";
  case scope_kind::socket:
    break;
  }
  return "here, program_name";
}

} // namespace

BOOST_AUTO_TEST_CASE(active_lines_are_those_of_the_specification) {
  const std::vector<std::string> expected = {
    "[unix_http_server]",
    "file=/tmp/supervisor.sock",
    "[supervisord]",
    "minfds=1024",
    "minprocs=200",
    "logfile=/tmp/supervisord.log",
    "logfile_maxbytes=50MB",
    "logfile_backups=10",
    "loglevel=info",
    "pidfile=/tmp/supervisord.pid",
    "nodaemon=false",
    "silent=false",
    "[rpcinterface:supervisor]",
    "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    "[supervisorctl]",
    "serverurl=unix:///tmp/supervisor.sock",
  };
  std::vector<std::string> active;
  for (const auto& line : lines_of(sample_configuration()))
    if (!line.empty() && !line.starts_with(';'))
      active.push_back(without_comment(line));
  BOOST_TEST(active == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_option_stands_in_its_section) {
  std::map<std::string, std::string> sections;
  std::string current;
  for (auto line : lines_of(sample_configuration())) {
    if (line.starts_with(';'))
      line.erase(0, 1);
    if (line.starts_with('['))
      current = line.substr(1, line.find_first_of(":]") - 1);
    sections[current] += '\n' + without_comment(line);
  }
  for (const auto& row : schema()) {
    const auto& text = sections[std::string(row.section)];
    auto key = '\n' + std::string(row.key);
    bool found = (text + '\n').find(key + '=' + std::string(row.sample) + '\n') != std::string::npos ||
                 (text + '\n').find(key + " = " + std::string(row.sample) + '\n') != std::string::npos;
    BOOST_TEST(found != (row.of_access || row.beyond_sample),
               row.section << '.' << row.key); // the sample is what it was before access control
  }
  for (const char* header : {"[inet_http_server]", "[program:theprogramname]", "[eventlistener:theeventlistenername]",
                             "[group:thegroupname]", "[include]"})
    BOOST_TEST(sample_configuration().find(std::string("\n;") + header + '\n') != std::string::npos, header);
  BOOST_TEST(lines_of(sample_configuration()).front().find("Sample supervisor config file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_reference_says_what_the_table_says) {
  auto of_supervisor = chapters(read(TROUPE_SOURCE_DIR "/docs/configuration.md"));
  auto of_access = chapters(read(TROUPE_SOURCE_DIR "/docs/access.md"));
  for (const auto& row : schema()) {
    auto line = "| `" + std::string(row.key) + "` | `" + std::string(row.sample) + "` | " + std::string(row.help) +
                " | " + std::string(names_of(row.scope)) + " |\n";
    auto& reference = row.of_access ? of_access : of_supervisor;
    BOOST_TEST(reference[std::string(row.section)].find(line) != std::string::npos,
               "docs/" << (row.of_access ? "access" : "configuration") << ".md, [" << row.section
                       << "], lacks the line\n"
                       << line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
