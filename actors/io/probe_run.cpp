// See probe_run.hpp.
#include "actors/io/probe_run.hpp"

#include "actors/core/restart_policy.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <new>

namespace troupe::actors {

probe::probe(std::shared_ptr<probe_run> run) : run_(std::move(run)) {}

probe::~probe() { run_->drop(); }

probe_run::probe_run(probe_means_ptr means, probe_order order, probe_told told)
    : means_(std::move(means)), order_(std::move(order)), told_(std::move(told)), deadline_(means_->io) {}

void probe_run::start() {
  boost::asio::post(means_->io, contained([this] {
                      deadline_.expires_after(order_.timeout);
                      deadline_.async_wait(contained([this](const boost::system::error_code& failed) {
                        if (!failed)
                          fail("no answer within " + seconds_text(order_.timeout));
                      }));
                      look();
                    }));
}

void probe_run::drop() noexcept {
  if (!std::exchange(told_, nullptr))
    return;
  deadline_.cancel();
  let_go();
}

void probe_run::answer(probe_result result) {
  auto told = std::exchange(told_, nullptr);
  if (!told)
    return;
  deadline_.cancel();
  conclude(result);
  let_go();
  told(std::move(result));
}

void probe_run::note_failure(const std::exception_ptr& met) {
  std::string why = "no memory"; // so short that it needs none
  try {
    std::rethrow_exception(met);
  } catch (const std::bad_alloc&) {
  } catch (const std::exception& e) {
    try {
      why = e.what();
    } catch (const std::bad_alloc&) {
    }
  } catch (...) {
    why = "failed";
  }
  answer({false, std::move(why)});
}

std::string system_text(int error) {
  return boost::system::error_code(error, boost::system::system_category()).message();
}

} // namespace troupe::actors
