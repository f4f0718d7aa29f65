// See system_names.hpp: the names of POSIX, and those of others where the system has them.
#include "config/system_names.hpp"

#include <cerrno>
#include <csignal>

namespace troupe::config {

const char* name_of_errno(int number) {
#define NAMED(name)                                                                                                    \
  case name:                                                                                                           \
    return #name;
  switch (number) {
    NAMED(EPERM)
    NAMED(ENOENT)
    NAMED(ESRCH)
    NAMED(EINTR)
    NAMED(EIO)
    NAMED(ENXIO)
    NAMED(E2BIG)
    NAMED(ENOEXEC)
    NAMED(EBADF)
    NAMED(ECHILD)
    NAMED(EAGAIN)
    NAMED(ENOMEM)
    NAMED(EACCES)
    NAMED(EFAULT)
    NAMED(EBUSY)
    NAMED(EEXIST)
    NAMED(EXDEV)
    NAMED(ENODEV)
    NAMED(ENOTDIR)
    NAMED(EISDIR)
    NAMED(EINVAL)
    NAMED(ENFILE)
    NAMED(EMFILE)
    NAMED(ENOTTY)
    NAMED(ETXTBSY)
    NAMED(EFBIG)
    NAMED(ENOSPC)
    NAMED(ESPIPE)
    NAMED(EROFS)
    NAMED(EMLINK)
    NAMED(EPIPE)
    NAMED(EDOM)
    NAMED(ERANGE)
    NAMED(EDEADLK)
    NAMED(ENAMETOOLONG)
    NAMED(ENOLCK)
    NAMED(ENOSYS)
    NAMED(ENOTEMPTY)
    NAMED(ELOOP)
    NAMED(ENOMSG)
    NAMED(EIDRM)
    NAMED(EPROTO)
    NAMED(EBADMSG)
    NAMED(EOVERFLOW)
    NAMED(EILSEQ)
    NAMED(ENOTSOCK)
    NAMED(EDESTADDRREQ)
    NAMED(EMSGSIZE)
    NAMED(EPROTOTYPE)
    NAMED(ENOPROTOOPT)
    NAMED(EPROTONOSUPPORT)
    NAMED(EOPNOTSUPP)
    NAMED(EAFNOSUPPORT)
    NAMED(EADDRINUSE)
    NAMED(EADDRNOTAVAIL)
    NAMED(ENETDOWN)
    NAMED(ENETUNREACH)
    NAMED(ENETRESET)
    NAMED(ECONNABORTED)
    NAMED(ECONNRESET)
    NAMED(ENOBUFS)
    NAMED(EISCONN)
    NAMED(ENOTCONN)
    NAMED(ETIMEDOUT)
    NAMED(ECONNREFUSED)
    NAMED(EHOSTUNREACH)
    NAMED(EALREADY)
    NAMED(EINPROGRESS)
    NAMED(ESTALE)
    NAMED(EDQUOT)
    NAMED(ECANCELED)
    NAMED(EOWNERDEAD)
    NAMED(ENOTRECOVERABLE)
#ifdef ENOTBLK
    NAMED(ENOTBLK)
#endif
#ifdef ECHRNG
    NAMED(ECHRNG)
#endif
#ifdef EL2NSYNC
    NAMED(EL2NSYNC)
#endif
#ifdef EL3HLT
    NAMED(EL3HLT)
#endif
#ifdef EL3RST
    NAMED(EL3RST)
#endif
#ifdef ELNRNG
    NAMED(ELNRNG)
#endif
#ifdef EUNATCH
    NAMED(EUNATCH)
#endif
#ifdef ENOCSI
    NAMED(ENOCSI)
#endif
#ifdef EL2HLT
    NAMED(EL2HLT)
#endif
#ifdef EBADE
    NAMED(EBADE)
#endif
#ifdef EBADR
    NAMED(EBADR)
#endif
#ifdef EXFULL
    NAMED(EXFULL)
#endif
#ifdef ENOANO
    NAMED(ENOANO)
#endif
#ifdef EBADRQC
    NAMED(EBADRQC)
#endif
#ifdef EBADSLT
    NAMED(EBADSLT)
#endif
#ifdef EBFONT
    NAMED(EBFONT)
#endif
#ifdef ENOSTR
    NAMED(ENOSTR)
#endif
#ifdef ENODATA
    NAMED(ENODATA)
#endif
#ifdef ETIME
    NAMED(ETIME)
#endif
#ifdef ENOSR
    NAMED(ENOSR)
#endif
#ifdef ENONET
    NAMED(ENONET)
#endif
#ifdef ENOPKG
    NAMED(ENOPKG)
#endif
#ifdef EREMOTE
    NAMED(EREMOTE)
#endif
#ifdef ENOLINK
    NAMED(ENOLINK)
#endif
#ifdef EADV
    NAMED(EADV)
#endif
#ifdef ESRMNT
    NAMED(ESRMNT)
#endif
#ifdef ECOMM
    NAMED(ECOMM)
#endif
#ifdef EMULTIHOP
    NAMED(EMULTIHOP)
#endif
#ifdef EDOTDOT
    NAMED(EDOTDOT)
#endif
#ifdef ENOTUNIQ
    NAMED(ENOTUNIQ)
#endif
#ifdef EBADFD
    NAMED(EBADFD)
#endif
#ifdef EREMCHG
    NAMED(EREMCHG)
#endif
#ifdef ELIBACC
    NAMED(ELIBACC)
#endif
#ifdef ELIBBAD
    NAMED(ELIBBAD)
#endif
#ifdef ELIBSCN
    NAMED(ELIBSCN)
#endif
#ifdef ELIBMAX
    NAMED(ELIBMAX)
#endif
#ifdef ELIBEXEC
    NAMED(ELIBEXEC)
#endif
#ifdef ERESTART
    NAMED(ERESTART)
#endif
#ifdef ESTRPIPE
    NAMED(ESTRPIPE)
#endif
#ifdef EUSERS
    NAMED(EUSERS)
#endif
#ifdef ESOCKTNOSUPPORT
    NAMED(ESOCKTNOSUPPORT)
#endif
#ifdef EPFNOSUPPORT
    NAMED(EPFNOSUPPORT)
#endif
#ifdef ESHUTDOWN
    NAMED(ESHUTDOWN)
#endif
#ifdef ETOOMANYREFS
    NAMED(ETOOMANYREFS)
#endif
#ifdef EHOSTDOWN
    NAMED(EHOSTDOWN)
#endif
#ifdef EUCLEAN
    NAMED(EUCLEAN)
#endif
#ifdef ENOTNAM
    NAMED(ENOTNAM)
#endif
#ifdef ENAVAIL
    NAMED(ENAVAIL)
#endif
#ifdef EISNAM
    NAMED(EISNAM)
#endif
#ifdef EREMOTEIO
    NAMED(EREMOTEIO)
#endif
#ifdef ENOMEDIUM
    NAMED(ENOMEDIUM)
#endif
#ifdef EMEDIUMTYPE
    NAMED(EMEDIUMTYPE)
#endif
#ifdef ENOKEY
    NAMED(ENOKEY)
#endif
#ifdef EKEYEXPIRED
    NAMED(EKEYEXPIRED)
#endif
#ifdef EKEYREVOKED
    NAMED(EKEYREVOKED)
#endif
#ifdef EKEYREJECTED
    NAMED(EKEYREJECTED)
#endif
#ifdef ERFKILL
    NAMED(ERFKILL)
#endif
#ifdef EHWPOISON
    NAMED(EHWPOISON)
#endif
  default:
    return nullptr;
  }
#undef NAMED
}

const char* abbreviation_of_signal(int number) {
#ifdef SIGRTMIN // no constants
  if (number == SIGRTMIN)
    return "RTMIN";
  if (number == SIGRTMAX)
    return "RTMAX";
#endif
#define NAMED(name)                                                                                                    \
  case SIG##name:                                                                                                      \
    return #name;
  switch (number) {
    NAMED(HUP)
    NAMED(INT)
    NAMED(QUIT)
    NAMED(ILL)
    NAMED(TRAP)
    NAMED(ABRT)
    NAMED(BUS)
    NAMED(FPE)
    NAMED(KILL)
    NAMED(USR1)
    NAMED(SEGV)
    NAMED(USR2)
    NAMED(PIPE)
    NAMED(ALRM)
    NAMED(TERM)
    NAMED(CHLD)
    NAMED(CONT)
    NAMED(STOP)
    NAMED(TSTP)
    NAMED(TTIN)
    NAMED(TTOU)
    NAMED(URG)
    NAMED(XCPU)
    NAMED(XFSZ)
    NAMED(VTALRM)
    NAMED(PROF)
    NAMED(SYS)
#ifdef SIGSTKFLT
    NAMED(STKFLT)
#endif
#ifdef SIGWINCH
    NAMED(WINCH)
#endif
#ifdef SIGPOLL
    NAMED(POLL)
#endif
#ifdef SIGPWR
    NAMED(PWR)
#endif
#ifdef SIGINFO
    NAMED(INFO)
#endif
#ifdef SIGEMT
    NAMED(EMT)
#endif
  default:
    return nullptr;
  }
#undef NAMED
}

} // namespace troupe::config
