// See plugin_host.hpp. Nothing thrown here may pass through a plug-in's C.
#include "actors/extensions/plugin_host.hpp"

#include "protocols/faults.hpp"

#include <cmath>

using troupe::protocols::rpc_value;

// -- the writer ------------------------------------------------------------------------------------

void troupe_writer::spoil(const char* why) {
  if (mistake.empty())
    mistake = why;
}

void troupe_writer::put(value v) {
  if (!mistake.empty())
    return;
  if (stack.empty())
    return done.push_back(std::move(v));
  auto& top = stack.back();
  if (auto* items = std::get_if<value::array>(&top.container.is))
    return items->push_back(std::move(v));
  if (!top.name)
    return spoil("a value in a struct has no name");
  std::get<value::structure>(top.container.is).emplace_back(*std::move(top.name), std::move(v));
  top.name.reset();
}

void troupe_writer::begin(value container) {
  if (stack.size() >= deepest)
    spoil("it is too deep");
  if (mistake.empty())
    stack.push_back({std::move(container), {}});
}

void troupe_writer::end(bool is_struct) {
  if (stack.empty() || std::holds_alternative<value::structure>(stack.back().container.is) != is_struct)
    spoil("an array or struct ends that has not begun");
  else if (stack.back().name)
    spoil("a member has no value");
  if (!mistake.empty())
    return;
  auto container = std::move(stack.back().container);
  stack.pop_back();
  put(std::move(container));
}

void troupe_writer::name(std::string key) {
  if (stack.empty() || !std::holds_alternative<value::structure>(stack.back().container.is) || stack.back().name)
    spoil("a name stands where a value has to");
  if (mistake.empty())
    stack.back().name = std::move(key);
}

troupe::protocols::rpc_response troupe_writer::finish() {
  if (refused)
    return *refused;
  if (!stack.empty())
    spoil("an array or struct does not end");
  else if (done.size() != 1)
    spoil(done.empty() ? "there is no value" : "there is more than one value");
  if (mistake.empty())
    return std::move(done.front());
  return troupe::protocols::make_fault(troupe::protocols::fault::failed, "the result cannot be sent: " + mistake);
}

std::optional<rpc_value::array> troupe_writer::arguments() {
  if (!mistake.empty() || !stack.empty() || refused)
    return {};
  return std::move(done);
}

// -- the table -------------------------------------------------------------------------------------

// What the C header promises is what the daemon means.
static_assert(TROUPE_INCORRECT_PARAMETERS == troupe::protocols::fault_code::incorrect_parameters);
static_assert(TROUPE_BAD_NAME == troupe::protocols::fault_code::bad_name);
static_assert(TROUPE_FAILED == troupe::protocols::fault_code::failed);

namespace {

const rpc_value& value_of(const troupe_value* v) {
  static const rpc_value nil;
  return v ? *reinterpret_cast<const rpc_value*>(v) : nil;
}

const rpc_value* item_of(const rpc_value& v, std::size_t index) {
  if (const auto* items = v.items(); items && index < items->size())
    return &(*items)[index];
  if (const auto* members = v.members(); members && index < members->size())
    return &(*members)[index].second;
  return nullptr;
}

troupe_text text_of(const std::string& s) { return {s.c_str(), s.size()}; }

std::string string_of(const char* data, std::size_t size) { return data ? std::string(data, size) : std::string(); }
std::string string_of(const char* text) { return text ? text : ""; }

/// A refused allocation must not fly through C code.
template <class Work>
void guarded(troupe_writer* to, Work work) {
  try {
    work();
  } catch (...) {
    to->spoil("out of memory"); // short enough to need none
  }
}

const troupe_host host = {
  .abi_version = TROUPE_ABI_VERSION,
  .size = sizeof(troupe_host),
  .type_of = [](const troupe_value* v) -> std::int32_t {
    struct type {
      troupe_type operator()(std::monostate) const { return TROUPE_NIL; }
      troupe_type operator()(bool) const { return TROUPE_BOOLEAN; }
      troupe_type operator()(std::int64_t) const { return TROUPE_INTEGER; }
      troupe_type operator()(double) const { return TROUPE_DOUBLE; }
      troupe_type operator()(const std::string&) const { return TROUPE_STRING; }
      troupe_type operator()(const troupe::protocols::rpc_bytes&) const { return TROUPE_STRING; }
      troupe_type operator()(const troupe::protocols::rpc_secret&) const { return TROUPE_NIL; } // is for clients alone
      troupe_type operator()(const troupe::protocols::rpc_date&) const { return TROUPE_DATE; }
      troupe_type operator()(const rpc_value::array&) const { return TROUPE_ARRAY; }
      troupe_type operator()(const rpc_value::structure&) const { return TROUPE_STRUCT; }
    };
    return std::visit(type{}, value_of(v).is);
  },
  .boolean = [](const troupe_value* v) -> std::int32_t {
    const auto* b = value_of(v).boolean();
    return b && *b;
  },
  .integer = [](const troupe_value* v) -> std::int64_t {
    const auto* i = value_of(v).integer();
    return i ? *i : 0;
  },
  .number = [](const troupe_value* v) -> double {
    if (const auto* d = value_of(v).real())
      return *d;
    const auto* i = value_of(v).integer();
    return i ? static_cast<double>(*i) : 0;
  },
  .text = [](const troupe_value* v) -> troupe_text {
    if (const auto* s = value_of(v).string())
      return text_of(*s);
    if (const auto* d = std::get_if<troupe::protocols::rpc_date>(&value_of(v).is))
      return text_of(d->text);
    if (const auto* b = std::get_if<troupe::protocols::rpc_bytes>(&value_of(v).is))
      return text_of(b->bytes);
    return {nullptr, 0};
  },
  .count = [](const troupe_value* v) -> std::size_t {
    if (const auto* items = value_of(v).items())
      return items->size();
    const auto* members = value_of(v).members();
    return members ? members->size() : 0;
  },
  .item = [](const troupe_value* v, std::size_t index) -> const troupe_value* {
    const auto* found = item_of(value_of(v), index);
    return found ? troupe::actors::shown_to_plugin(*found) : nullptr;
  },
  .name_of = [](const troupe_value* v, std::size_t index) -> troupe_text {
    const auto* members = value_of(v).members();
    return members && index < members->size() ? text_of((*members)[index].first) : troupe_text{nullptr, 0};
  },
  .member = [](const troupe_value* v, const char* name) -> const troupe_value* {
    const auto* found = name ? value_of(v).member(name) : nullptr;
    return found ? troupe::actors::shown_to_plugin(*found) : nullptr;
  },
  .put_nil = [](troupe_writer* to) { guarded(to, [&] { to->put({}); }); },
  .put_boolean = [](troupe_writer* to, std::int32_t v) { guarded(to, [&] { to->put(v != 0); }); },
  .put_integer = [](troupe_writer* to, std::int64_t v) { guarded(to, [&] { to->put(v); }); },
  .put_double =
    [](troupe_writer* to, double v) {
      guarded(to, [&] {
        to->put(v);
        if (!std::isfinite(v))
          to->spoil("a double is not finite");
      });
    },
  .put_string = [](troupe_writer* to, const char* data,
                   std::size_t size) { guarded(to, [&] { to->put(string_of(data, size)); }); },
  .put_bytes =
    [](troupe_writer* to, const char* data, std::size_t size) {
      guarded(to, [&] { to->put(troupe::protocols::rpc_bytes{string_of(data, size)}); });
    },
  .put_value = [](troupe_writer* to, const troupe_value* v) { guarded(to, [&] { to->put(value_of(v)); }); },
  .begin_array = [](troupe_writer* to) { guarded(to, [&] { to->begin(rpc_value::array{}); }); },
  .end_array = [](troupe_writer* to) { guarded(to, [&] { to->end(false); }); },
  .begin_struct = [](troupe_writer* to) { guarded(to, [&] { to->begin(rpc_value::structure{}); }); },
  .put_name = [](troupe_writer* to, const char* name) { guarded(to, [&] { to->name(string_of(name)); }); },
  .end_struct = [](troupe_writer* to) { guarded(to, [&] { to->end(true); }); },
  .fault = [](troupe_writer* to, std::int32_t code,
              const char* text) { guarded(to, [&] { to->refuse(code, string_of(text)); }); },
  .log = [](troupe_daemon* daemon, std::int32_t level, const char* text) { daemon->log(level, text ? text : ""); },
  .publish = [](troupe_daemon* daemon, const char* type,
                const char* data) { daemon->publish(type ? type : "", data ? data : ""); },
  .arguments = [](troupe_daemon* daemon) { return daemon->arguments(); },
  .call = [](troupe_daemon* daemon, const char* method, std::int32_t* fault) -> const troupe_value* {
    int code = 0;
    const auto& answer = daemon->call(method ? method : "", code);
    if (fault)
      *fault = code;
    return troupe::actors::shown_to_plugin(answer);
  },
};

} // namespace

const troupe_host& troupe::actors::plugin_host() { return host; }
