// See web_context.hpp.
#include "actors/web/web_context.hpp"

#include "platform/random_bytes.hpp"

#include <unistd.h>

#include <utility>

namespace troupe::actors {

namespace {

std::string random_token() {
  unsigned char bytes[24];
  platform::fill_random(bytes, sizeof bytes);
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (auto byte : bytes)
    text += {hex[byte >> 4], hex[byte & 15]};
  return text;
}

/// The same through restarts of the configuration, and in another binary: open pages go on working.
std::string& process_token() {
  static auto token = random_token();
  return token;
}

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

} // namespace

void continue_page_token(const std::string& of_before) {
  if (!of_before.empty())
    process_token() = of_before;
}

const std::string& page_token_now() { return process_token(); }

web_context::web_context(boost::asio::io_context& io_, const rpc_context& of, rpc_methods& methods_, long_work& work_,
                         web_doors doors_)
    : io(io_), board(of.board), log(of.log), audit(of.audit), access(of.access), deaths(of.deaths),
      programs(of.programs), keeps_history(of.history != nullptr), methods(methods_), work(work_),
      doors(std::move(doors_)), who{of.identifier, machine_name(), of.worker}, token(process_token()),
      feed(io, whoever_gets_in(board)->shared_view(), who, programs) {}

web_feed& web_context::feed_of(const std::shared_ptr<const board_view>& view) {
  if (!view->judges())
    return feed;
  if (auto found = feeds_.find(view); found != feeds_.end())
    return *found->second;
  std::erase_if(feeds_, [](auto& kept) { return kept.second->readers() == 0; });
  return *feeds_.emplace(view, std::make_unique<web_feed>(io, view, who, programs)).first->second;
}

std::size_t web_context::readers() const {
  auto count = feed.readers();
  for (const auto& [view, of_it] : feeds_)
    count += of_it->readers();
  return count;
}

} // namespace troupe::actors
