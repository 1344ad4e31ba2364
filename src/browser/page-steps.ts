import { controlText, type PageControl, type PageDescription } from './page-description.js';
import type { SignInStep } from './sign-in-driver.js';

/** A step for people: what is typed is not repeated. */
export function stepText(step: SignInStep): string {
  if ('fill' in step) return `fill "${step.fill}"`;
  return 'click' in step ? `click "${step.click}"` : `wait "${step.wait}"`;
}

/** Whether a step names its target by a CSS selector and not by words. */
export function isSelector(target: string): boolean {
  return /^[#.[*]|^[a-z][\w-]*([#.[:>][^\s]*|\s*[>~+]\s*\S+)$|\[[^\]]+\]/i.test(target);
}

/** The control that words name: by its label, to the letter before in part, else by its name or id. */
export function findControl(
  { controls }: PageDescription,
  target: string,
  kinds: readonly PageControl['kind'][],
): PageControl | undefined {
  const wanted = target.replace(/\s+/g, ' ').trim().toLowerCase();
  const able = controls.filter(({ kind, visible }) => visible && kinds.includes(kind));
  const words = (control: PageControl) =>
    [control.label, control.ariaLabel, control.placeholder].map((text) =>
      text.replace(/\s+/g, ' ').trim().toLowerCase(),
    );
  return (
    able.find((control) => words(control).includes(wanted)) ??
    able.find((control) => controlText(control).includes(wanted)) ??
    able.find(({ name, domId }) => [name.toLowerCase(), domId.toLowerCase()].includes(wanted))
  );
}

/** Whether words stand somewhere on the page. */
export function hasText(page: PageDescription, target: string): boolean {
  const wanted = target.replace(/\s+/g, ' ').trim().toLowerCase();
  return [
    page.title,
    ...page.headings,
    ...page.lines,
    ...page.controls.filter(({ visible }) => visible).map(controlText),
  ].some((text) => text.replace(/\s+/g, ' ').toLowerCase().includes(wanted));
}

/** What `fill` and `click` can be about. */
export const FILLED: readonly PageControl['kind'][] = ['field', 'list', 'choice'];
export const CLICKED: readonly PageControl['kind'][] = ['button', 'link', 'choice'];
