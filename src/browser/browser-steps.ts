import type { Frame, Page } from 'playwright-core';
import type { PageControl } from './page-description.js';
import type { PageSnapshot } from './page-snapshot.js';
import { CLICKED, FILLED, findControl, hasText, isSelector } from './page-steps.js';
import type { SignInStep } from './sign-in-driver.js';

/** What a step is about, found on the page. */
export interface StepTarget {
  fill(value: string): Promise<unknown>;
  click(): Promise<unknown>;
  /** The frame it is in, where something can be typed into it. */
  readonly frame?: Frame;
  /** The field, where it is one of those that are recognised. */
  readonly control: PageControl | undefined;
}

/** Only looked for. */
const NO_OP_TARGET: StepTarget = { fill: async () => undefined, click: async () => undefined, control: undefined };

/**
 * Finds what a step names, in any frame, by a CSS selector or by its words;
 * undefined where it is not there yet. Throws what the browser says of a
 * selector that is none. `timeout`: milliseconds for a field or button to take
 * what is done to it.
 */
export async function stepTarget(
  window: Page,
  snapshot: PageSnapshot,
  step: SignInStep,
  timeout: number,
): Promise<StepTarget | undefined> {
  const target = 'fill' in step ? step.fill : 'click' in step ? step.click : String(step.wait);
  if (isSelector(target)) return findTarget(window, snapshot, target, timeout);
  if ('wait' in step) return hasText(snapshot.page, target) ? NO_OP_TARGET : undefined;
  const control = findControl(snapshot.page, target, 'fill' in step ? FILLED : CLICKED);
  const element = control && (await snapshot.element(control.id));
  if (element) {
    return {
      fill: async (value) => {
        if (control.kind === 'list') await element.selectOption(value, { timeout });
        else if (control.kind === 'choice') await element.check({ timeout });
        else await element.fill(value, { timeout });
      },
      click: () => element.click({ timeout }),
      frame: (await element.ownerFrame()) ?? undefined,
      control,
    };
  }
  if (!('click' in step)) return undefined;
  // Anything may be made to be clicked.
  const words = window.getByText(target, { exact: true }).first();
  return (await words.isVisible()) ? { ...NO_OP_TARGET, click: () => words.click({ timeout }) } : undefined;
}

async function findTarget(
  window: Page,
  snapshot: PageSnapshot,
  selector: string,
  timeout: number,
): Promise<StepTarget | undefined> {
  for (const frame of window.frames()) {
    const locator = frame.locator(selector).first();
    if (!(await locator.isVisible())) continue;
    const id = (await locator.getAttribute('id', { timeout })) ?? '';
    const name = (await locator.getAttribute('name', { timeout })) ?? '';
    return {
      fill: (value) => locator.fill(value, { timeout }),
      click: () => locator.click({ timeout }),
      frame,
      control: snapshot.page.controls.find((each) => each.domId === id && each.name === name),
    };
  }
  return undefined;
}
