// The dialect beyond the vectors of tests/config/load_test.cpp: what one file does to the next, where things stand,
// bytes that are not text, and input nobody meant well. Rows without a vector were settled by running the reference
// parser.
#include "config/ini.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(ini_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using namespace std::string_literals;

namespace {

/// `section{key=value, ...}; ...`, or the error's text.
std::string dialect(const std::vector<std::string>& files, bool (*wanted)(std::string_view) = nullptr) {
  ini_document document(wanted);
  for (std::size_t i = 0; i < files.size(); ++i)
    if (auto read = document.add(files[i], i == 0 ? "F" : "G"); !read)
      return read.error().what;
  std::string out;
  for (const auto& [name, node] : document.sections()) {
    out += (out.empty() ? "" : "; ") + name + '{';
    for (const auto& option : node.data().options) {
      out += out.ends_with('{') ? "" : ", ";
      ((out += option.key) += '=') += option.text;
    }
    out += '}';
  }
  return out;
}

struct row {
  const char* when;
  std::string text;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

const std::string no_header = "File contains no section headers.\nfile: 'F', line: 1\n";
const std::string bad = "Source contains parsing errors: 'F'";

// clang-format off
const row rows[] = {
  {"a file without a line", "", ""},
  {"comments and blanks before the header", "; c\n\n # c\n[a]\n", "a{}"},
  {"an empty section stays", "[a]\n[b]\n", "a{}; b{}"},
  {"the header's last bracket ends it", "[a] ] x\n", "a] {}"},
  {"a key keeps its first place", "[a]\nx=1\ny=2\nx=3\n", "a{x=3, y=2}"},
  {"a key in capitals", "[a]\nKey=1\nkEY=2\nz=3\n", "a{key=2, z=3}"},
  {"an empty value goes on behind an empty line", "[a]\nx=\n\n  y\n\n  z\n\n", "a{x=\n\ny\n\nz}"},
  {"what is written again loses all its lines", "[a]\nx=1\n  2\nx=3\n", "a{x=3}"},
  {"a header forgets the option", "[a]\nx=1\n[b]\n  y=2\n", "a{x=1}; b{y=2}"},
  {"a tab counts one", "[a]\n x=1\n\ty=2\n", "a{x=1, y=2}"},
  {"blank lines at the end are dropped", "[a]\nx=1\n\n \n\n", "a{x=1}"},
  {"a comment line in a value adds nothing", "[a]\nx=1\n   # c\n  y\n", "a{x=1\ny}"},
  {"Unicode blanks are blanks", "[a]\nx\u00a0=\u2003 1 \u3000\n", "a{x=1}"},
  {"a mark after a Unicode blank", "[a]\nx=1\u2028; c\n", "a{x=1}"},
  {"a wide blank indents by one", "[a]\n\u3000x=1\n\u00a0\u00a0y=2\n", "a{x=1\ny=2}"},
  {"only LF CR CRLF end lines", "[a]\nx=1\v2\f3\u2028" "4\u0085" "5\n", "a{x=1\v2\f3\u2028" "4\u0085" "5}"},
  {"lone CRs", "[a]\rx=1\r\r y\r", "a{x=1\n\ny}"},
  {"NUL is data", "[a]\nx=1\0y\n"s, "a{x=1\0y}"s},
  {"NUL in a name", "[a\0b]\n"s, "a\0b{}"s},
  {"values are raw", "[a]\nx=\"1\\n\" %(b)s $c\n", "a{x=\"1\\n\" %(b)s $c}"},
  {"no text after the mark", "[a]\nx=;\ny= ;\n", "a{x=;, y=}"},
  {"an option before the header", "\nx=1\n", "File contains no section headers.\nfile: 'F', line: 2\n'x=1\\n'"},
  {"BOM", "\ufeff[a]\n", no_header + "'\\ufeff[a]\\n'"},
  {"quoted as needed", "it's\n", no_header + "\"it's\\n\""},
  {"no line end, none shown", "x", no_header + "'x'"},
  {"CRLF is shown as LF", "x\r\n", no_header + "'x\\n'"},
  {"a bad line leaves the option", "[a]\nx=1\nbad\n  y\n", bad + "\n\t[line  3]: 'bad\\n'"},
  {"an empty key ends the option", "[a]\nx=1\n=2\n  junk\n  y=1\n",
   bad + "\n\t[line  3]: '=2\\n'\n\t[line  4]: '  junk\\n'"},
  {"a password without its = is not repeated", "[a]\n Password secret\nx\n",
   bad + "\n\t[line  2]: 'password ...'\n\t[line  3]: 'x\\n'"},
  {"line numbers are padded to two", "[a]\n\n\n\n\n\n\n\n\nj\n", bad + "\n\t[line 10]: 'j\\n'"},
  {"a stray start byte", "[a]\nx=\xc3("s, "'utf-8' codec can't decode byte 0xc3 in position 6: invalid continuation byte"},
  {"a continuation byte alone", "\x80", "'utf-8' codec can't decode byte 0x80 in position 0: invalid start byte"},
  {"overlong", "\xc0\xaf", "'utf-8' codec can't decode byte 0xc0 in position 0: invalid start byte"},
  {"surrogate", "\xed\xa0\x80", "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte"},
  {"beyond U+10FFFF", "\xf4\x90\x80\x80", "'utf-8' codec can't decode byte 0xf4 in position 0: invalid continuation byte"},
  {"two good bytes of three", "; \xe2\x82" "A", "'utf-8' codec can't decode bytes in position 2-3: invalid continuation byte"},
  {"three good bytes of four", "\xf0\x9f\x98(", "'utf-8' codec can't decode bytes in position 0-2: invalid continuation byte"},
  {"cut after one byte", "; \xe2", "'utf-8' codec can't decode byte 0xe2 in position 2: unexpected end of data"},
  {"cut after two bytes", "; \xe2\x82", "'utf-8' codec can't decode bytes in position 2-3: unexpected end of data"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(rows), r) { BOOST_TEST(dialect({r.text}) == r.expected); }

BOOST_AUTO_TEST_CASE(files_merge_in_reading_order) {
  BOOST_TEST(dialect({"[a]\nx=1\ny=1\n[b]\n", "[c]\n[a]\ny=2\nz=2\n"}) == "a{x=1, y=2, z=2}; b{}; c{}");
  // A value does not go on in the next file.
  BOOST_TEST(dialect({"[a]\nx=1\n", "  y\n"}) == "File contains no section headers.\nfile: 'G', line: 1\n'  y\\n'");
}

BOOST_AUTO_TEST_CASE(places) {
  ini_document document;
  BOOST_REQUIRE(document.add("[a]\nx=1\n  more\ny=1\n", "F"));
  BOOST_REQUIRE(document.add("\n[a]\ny=2\n[b]\n", "G"));
  const auto& a = *document.section("a");
  auto at = [&](ini_place what) {
    auto place = document.where(what);
    return place.file + ':' + std::to_string(place.line);
  };
  BOOST_TEST(at(a.at) == "F:1"); // where a section first appears
  BOOST_TEST(at(document.option(a, "x")->at) == "F:2");
  BOOST_TEST(at(document.option(a, "y")->at) == "G:3"); // where the value that counts is written
  BOOST_TEST(at(document.section("b")->at) == "G:4");
  BOOST_TEST(!document.section("c"));
  BOOST_TEST(!document.option(a, "z"));
}

BOOST_AUTO_TEST_CASE(defaults_reach_every_section) {
  ini_document document;
  BOOST_REQUIRE(document.add("[a]\nx=1\n[DEFAULT]\nx=2\ny=2\n[default]\nz=3\n", "F"));
  const auto& a = *document.section("a");
  BOOST_TEST(document.option(a, "x")->text == "1");
  BOOST_TEST(document.option(a, "y")->text == "2");
  BOOST_TEST(!document.option(a, "z"));
  BOOST_TEST(!document.section("DEFAULT"));
  BOOST_TEST(document.section("default"));
}

// -- sections that nobody wants --------------------------------------------------------------------------

bool is_a(std::string_view section) { return section == "a"; }

// clang-format off
const row partly_read[] = {
  {"only what is wanted stays", "[b]\nx=1\n[a]\nx=2\n[ab]\nx=3\n[a]\ny=4\n", "a{x=2, y=4}"},
  {"nothing is", "[b]\nx=1\n[c]\n", ""},
  {"values over several lines", "[b]\nx=1\n  y\n\n  z=2\n[a]\nx=1\n  y\n[b]\n  a=1\n", "a{x=1\ny}"},
  {"comments", "[b]\nx=1 ; c\n;c\n# c\nx;y=1\n[a]\n", "a{}"},
  {"an indented header", "[b]\n x=1\n  [a]\n[a]\n y=1\n", "a{y=1}"},
  {"other ends of lines", "[b]\r\nx=1\r\n[a]\rx=1\ry=2\r\n", "a{x=1, y=2}"},
  {"a bad line", "[b]\nx=1\nbad\n[a]\n", bad + "\n\t[line  3]: 'bad\\n'"},
  {"a comment before the mark", "[b]\nx ; y=1\n", bad + "\n\t[line  2]: 'x ; y=1\\n'"},
  {"no key", "[b]\nx=1\n=2\n  z\n", bad + "\n\t[line  3]: '=2\\n'\n\t[line  4]: '  z\\n'"},
  {"behind a secret", "[b]\nPassword = x\ny\n", bad + "\n\t[line  3]: (not shown)"},
  {"no header", "x=1\n[a]\n", no_header + "'x=1\\n'"},
  {"bytes that are no text", "[b]\nx=\xff\n", "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"},
  {"a cut character at the end", "[b]\nx=12345678\xc3", "'utf-8' codec can't decode byte 0xc3 in position 14: unexpected end of data"},
};
// clang-format on
BOOST_DATA_TEST_CASE(sections_that_are_not_wanted_are_judged_but_not_kept, data::make(partly_read), r) {
  BOOST_TEST(dialect({r.text}, is_a) == r.expected);
}

BOOST_AUTO_TEST_CASE(defaults_are_wanted_always) {
  ini_document document(is_a);
  BOOST_REQUIRE(document.add("[a]\n[b]\nx=1\n[DEFAULT]\nx=2\n", "F"));
  BOOST_TEST(document.option(*document.section("a"), "x")->text == "2");
  BOOST_TEST(!document.section("b"));
}

BOOST_AUTO_TEST_CASE(what_is_wanted_is_what_a_whole_reading_finds) {
  auto placed = [](const ini_section& section) {
    auto text = std::to_string(section.at.line);
    for (const auto& option : section.options)
      ((text += '\n' + std::to_string(option.at.line) + ':') += option.key) += '=' + std::string(option.text);
    return text;
  };
  std::mt19937 random{21};
  const std::vector<std::string> pieces = {
    "[a]", "[b]", "[DEFAULT]", "\n", "\n",       "\n",           "\r", " ",    "\t",       "x",  "Y1", "=",
    ":",   ";",   "#",         "[",  "\xc2\xa0", "\xe2\x80\xa8", "]",  "\xff", "password", "=1", "=2", "\v"};
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 ? "[b]\nx=1\n" : "";
    for (unsigned i = 0, n = random() % 40; i < n; ++i)
      text += pieces[random() % (round % 3 ? 19 : pieces.size())];
    ini_document whole, part(is_a);
    auto all = whole.add(text, "F");
    auto some = part.add(text, "F");
    BOOST_TEST_REQUIRE(all.has_error() == some.has_error(), text);
    if (all.has_error()) {
      BOOST_TEST(all.error().what == some.error().what, text);
      BOOST_TEST(all.error().at.line == some.error().at.line, text);
    } else if (whole.section("a")) {
      BOOST_TEST_REQUIRE(part.section("a"), text);
      BOOST_TEST(placed(*whole.section("a")) == placed(*part.section("a")), text);
    }
    BOOST_TEST(part.sections().size() <= 1u);
  }
}

BOOST_AUTO_TEST_CASE(errors_name_their_place) {
  auto at = [](const std::string& text) {
    ini_document document;
    auto e = document.add(text, "/c/f").error();
    return e.at.file + ':' + std::to_string(e.at.line);
  };
  BOOST_TEST(at("\n\nx\n") == "/c/f:3");
  BOOST_TEST(at("[a]\nx=1\ny\nz\n") == "/c/f:3");
  BOOST_TEST(at("[a]\n\xff") == "/c/f:2");
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_or_refused) {
  std::mt19937 random{20};
  const std::string alphabet = "[]=:;#\n\n\r \tax1\0\xc3\xa9\xe2\x80\xa8\xff\xf0"s;
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 ? "[a]\n" : "";
    for (unsigned i = 0, n = random() % 60; i < n; ++i)
      text += alphabet[random() % alphabet.size()];
    ini_document document;
    auto read = document.add(text, "F");
    BOOST_REQUIRE(read || !read.error().what.empty());
  }
}

BOOST_AUTO_TEST_CASE(size_costs_time_in_proportion) { // quadratic work here would outlast the test's time limit
  const std::size_t count = 300'000;
  std::string lines = "[a]\nx=";
  for (std::size_t i = 0; i < count; ++i)
    lines += "\n  more";
  std::string options = "[b]\n";
  for (std::size_t i = 0; i < count; ++i)
    options += "k" + std::to_string(i) + "=v\n";
  std::string sections;
  for (std::size_t i = 0; i < count; ++i)
    sections += "[s" + std::to_string(i) + "]\n";
  ini_document document;
  BOOST_REQUIRE(document.add(lines + '\n' + options + sections + "[c]\nx=" + std::string(5'000'000, ';'), "F"));
  BOOST_TEST(document.option(*document.section("a"), "x")->text.size() == count * 5);
  BOOST_TEST(document.section("b")->options.size() == count);
  BOOST_TEST(document.sections().size() == count + 3);
  BOOST_TEST(document.option(*document.section("c"), "x")->text.size() == 5'000'000);
}

BOOST_AUTO_TEST_SUITE_END()
