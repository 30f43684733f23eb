#include "compute/task.h"

void task_tell(struct task *task, const struct task_progress *progress)
{
    if (task && task->report) {
        task->report(task, progress);
    }
}

void task_report(struct task *task, enum task_stage stage, double fraction)
{
    task_tell(task,
              &(struct task_progress){.stage = stage, .fraction = fraction, .seconds_left = -1});
}

void task_report_step(struct task *task, enum task_stage stage, int step, int steps)
{
    task_tell(task, &(struct task_progress){.stage = stage,
                                            .fraction = steps > 0 ? (double)step / steps : -1,
                                            .step = step,
                                            .steps = steps,
                                            .seconds_left = -1});
}

bool task_cancelled(const struct task *task, GError **error)
{
    return g_cancellable_set_error_if_cancelled(task_cancellable(task), error);
}

GCancellable *task_cancellable(const struct task *task)
{
    return task ? task->cancellable : NULL;
}
