// Boost.JSON itself: its headers are declarations, this is the one translation unit that holds the definitions.
// Must not hold anything else.
#include <boost/json/src.hpp>
