/*
 * measure REPORT COMMAND...: runs a command and writes to the file REPORT: the
 * wall time and the CPU time of the command with its children in microseconds,
 * the largest resident memory of one of them in KB, and its exit status.
 *
 * This is a separate program, and statically linked, because Linux counts the
 * memory of a forking process as the child's until the child calls exec: the
 * 10 MB of run.py would hide what a small client needs.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micro(long long seconds, long long micros)
{
    return seconds * 1000000 + micros;
}

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return micro(t.tv_sec, t.tv_nsec / 1000);
}

int main(int argc, char **argv)
{
    struct rusage used;
    long long start = now(), wall;
    int status;
    pid_t child;
    FILE *report;

    if (argc < 3)
        return 2;
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    wall = now() - start;
    report = fopen(argv[1], "w");
    if (report == NULL)
        return 1;
    fprintf(report, "%lld %lld %ld %d\n", wall,
            micro(used.ru_utime.tv_sec, used.ru_utime.tv_usec) +
            micro(used.ru_stime.tv_sec, used.ru_stime.tv_usec),
            used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return fclose(report) == 0 ? 0 : 1;
}
