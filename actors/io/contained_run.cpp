// See contained_run.hpp.
#include "actors/io/contained_run.hpp"

#include <boost/system/error_code.hpp>

#include <new>

namespace troupe::actors {

std::string failure_text(const std::exception_ptr& met) noexcept {
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
  return why;
}

std::string system_text(int error) {
  return boost::system::error_code(error, boost::system::system_category()).message();
}

} // namespace troupe::actors
