// A thread for each core, started for one job: work on a photo takes so long that keeping a pool of
// threads would gain nothing.
#include "render/parallel.h"

#include <glib.h>

enum { MAX_THREADS = 16, MIN_ROWS = 16 };

struct part {
    int begin, end;
    rows_fn rows;
    void *data;
};

static gpointer part_run(gpointer user_data)
{
    const struct part *part = user_data;

    part->rows(part->begin, part->end, part->data);
    return NULL;
}

// 0..height in as many parts as there are processors, but not more than most.
static void split(int height, int most, rows_fn rows, void *data)
{
    int count = CLAMP((int)g_get_num_processors(), 1, MIN(MAX_THREADS, most));
    struct part parts[MAX_THREADS];
    GThread *threads[MAX_THREADS] = {NULL};

    for (int i = 0; i < count; i++) {
        parts[i] = (struct part){
            .begin = (int)((gint64)height * i / count),
            .end = (int)((gint64)height * (i + 1) / count),
            .rows = rows,
            .data = data,
        };
    }
    for (int i = 1; i < count; i++) {
        threads[i] = g_thread_try_new("rows", part_run, &parts[i], NULL);
    }
    part_run(&parts[0]);
    for (int i = 1; i < count; i++) {
        if (threads[i] != NULL) {
            g_thread_join(threads[i]);
        } else {
            part_run(&parts[i]);
        }
    }
}

void parallel_rows(int height, rows_fn rows, void *data)
{
    split(height, height / MIN_ROWS + 1, rows, data);
}

void parallel_each(int count, rows_fn each, void *data)
{
    split(count, count, each, data);
}
