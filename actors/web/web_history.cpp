// See web_desk.hpp and web_pages.hpp: history.html, which works without scripts: what has happened as a table, and of
// one process its states as a band, with marks for calls and for ends that nobody asked for. Must not decide who may
// see what: troupe.getHistory answers. Source: docs/contract/history.md, 7.4. Cases: tests/web/web_pages_test.cpp.
#include "actors/web/web_desk.hpp"
#include "actors/web/web_frame.hpp"
#include "protocols/history_record.hpp"
#include "protocols/html.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::html;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

constexpr std::int64_t band_width = 1000; ///< of its own units
constexpr std::string_view usual_since = "24h", usual_count = "200";

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string text_in(const rpc_value* of, std::string_view key) {
  const auto* value = of ? of->member(key) : nullptr;
  return value && value->string() ? *value->string() : std::string();
}

std::int64_t moment_in(const rpc_value& record) {
  auto moment = protocols::moment_of(text_in(&record, "at"), 0, protocols::utc_zone());
  return moment ? *moment : 0;
}

/// Of a state, by the names of the stylesheet.
std::string_view colour_of(const std::string& state) {
  if (state == "RUNNING")
    return "good";
  if (state == "FATAL" || state == "BACKOFF" || state == "UNKNOWN")
    return "bad";
  return state == "STARTING" || state == "STOPPING" ? "move" : "rest";
}

class band {
public:
  band(std::string& out, const history_view& view) : out_(out), view_(view) {}

  void draw() {
    out_ += "<svg class=\"band\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"States "
            "over time\">\n";
    std::int64_t from = 0;
    std::string state;
    for (const auto& record : view_.records)
      if (text_in(&record, "kind") == "state") {
        auto until = place_of(moment_in(record));
        const auto* what = record.member("what");
        if (!view_.cut || !state.empty()) // how it was before the first of so many records nobody knows
          part(from, until - from, 0, 24, text_in(what, "from"));
        state = text_in(what, "to");
        from = until;
      }
    if (!state.empty())
      part(from, band_width - from, 0, 24, state);
    for (const auto& record : view_.records) {
      auto kind = text_in(&record, "kind");
      if (kind == "death")
        rectangle(place_of(moment_in(record)), 3, 0, 12, "bad mark", "death");
      else if (kind == "command" && !record.member("what")->member("of"))
        rectangle(place_of(moment_in(record)), 2, 16, 8, "mark", text_in(record.member("what"), "verb"));
    }
    out_ += "</svg>\n";
  }

private:
  std::int64_t place_of(std::int64_t moment) const {
    auto whole = std::max<std::int64_t>(view_.to - view_.from, 1);
    auto part = static_cast<double>(moment - view_.from) / static_cast<double>(whole);
    return static_cast<std::int64_t>(std::clamp(part, 0.0, 1.0) * band_width);
  }
  void part(std::int64_t x, std::int64_t width, int y, int height, const std::string& state) {
    if (width > 0)
      rectangle(x, width, y, height, colour_of(state), state);
  }
  void rectangle(std::int64_t x, std::int64_t width, int y, int height, std::string_view look,
                 const std::string& title) {
    out_ += "<rect x=\"" + std::to_string(x) + "\" width=\"" + std::to_string(width) + "\" y=\"" + std::to_string(y) +
            "\" height=\"" + std::to_string(height) + "\" class=\"" + std::string(look) + "\"><title>" + html(title) +
            "</title></rect>\n";
  }

  std::string& out_;
  const history_view& view_;
};

void append_form(std::string& out, const history_view& view) {
  out += "<form class=\"bulk\" action=\"history.html\">\n<label>Name <input name=\"name\" value=\"" + html(view.name) +
         "\"></label>\n<label>Since <input name=\"since\" size=\"16\" value=\"" + html(view.since) +
         "\"></label>\n<label>Records <input name=\"n\" size=\"5\" value=\"" + html(view.n) +
         "\"></label>\n<button class=\"button\">Show</button>\n";
  for (const char* span : {"24h", "6h", "1h", "10m"})
    out += "<a class=\"button\" href=\"history.html?name=" + html(protocols::url_quoted(view.name)) +
           "&amp;since=" + span + "&amp;n=" + html(protocols::url_quoted(view.n)) + "\">" + span + "</a>\n";
  out += "</form>\n";
}

void append_rows(std::string& out, const history_view& view) {
  out += "<table>\n<thead><tr><th>Time</th><th>Name</th><th>What</th><th></th></tr></thead>\n<tbody>\n";
  auto rows = protocols::cells_of_history(view.records);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) { // the newest first
    out += "<tr>";
    for (const auto& cell : {protocols::moment_text(row->at), row->name, row->word, row->text})
      out += "<td>" + html(cell) + "</td>";
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
}

} // namespace

std::string history_page(const history_view& view) {
  std::string out;
  append_head(out, "Supervisor history" + (view.name.empty() ? "" : " of " + view.name), view.token, "");
  append_header(out, {view.who, view.token, view.reader, false});
  out += "<main class=\"history\">\n<h2>" + html(view.name.empty() ? "History" : view.name) + "</h2>\n";
  append_form(out, view);
  if (!view.problem.empty()) {
    out += "<p class=\"status_msg\">" + html(view.problem) + "</p>\n";
  } else {
    if (!view.name.empty())
      band{out, view}.draw();
    append_rows(out, view);
  }
  out += "</main>\n";
  append_footer(out, may_have_metrics(view.reader));
  out += "</body>\n</html>\n";
  return out;
}

awaitable<web_answer> web_desk::history_page(const web_request& r) {
  if (!r.reads())
    co_return web_error(400);
  protocols::form fields{r.target, {}};
  auto or_else = [&](const char* name, std::string_view usual) {
    auto value = fields.value(name);
    return value.empty() ? std::string(usual) : value;
  };
  history_view view{context_.who, token_(), fields.value("name"), or_else("since", usual_since),
                    or_else("n", usual_count)};
  view.reader = &who_;
  view.to = wall_now();
  auto since = protocols::moment_of(view.since, view.to);
  view.from = since ? *since : view.to;
  rpc_value::structure asked{{"since", view.since}, {"n", view.n}};
  if (!view.name.empty())
    asked.emplace_back("name", rpc_value::array{rpc_value(view.name)});
  std::string xml;
  protocols::rpc_writer writer{xml};
  auto rest = context_.methods.begin(who_, origin_, "troupe.getHistory", {rpc_value(std::move(asked))}, writer,
                                     context_.doors.ask);
  auto refused = std::move(rest.refused);
  if (rest.ask) {
    auto answered = co_await ask_(std::move(rest.ask));
    if (!answered) // nobody reads it: the client has gone
      co_return web_error(503);
    if (auto* fault = std::get_if<rpc_fault>(&*answered))
      refused = std::move(*fault);
    else if (auto* value = std::get_if<rpc_value>(&*answered))
      if (const auto* records = value->member("records"), *more = value->member("more");
          records && records->items() && more && more->boolean()) {
        view.records = *records->items();
        view.cut = *more->boolean();
      }
  }
  if (refused)
    view.problem = refused->text;
  auto make = [&view] { return web_page(actors::history_page(view)); };
  constexpr std::size_t quick_records = 200;
  if (view.records.size() <= quick_records)
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

} // namespace troupe::actors
